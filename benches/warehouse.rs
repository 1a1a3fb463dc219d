//! Measures with criterion what the library of this crate offers.
//!
//! ```text
//! cargo bench -p blueshift-benches --features criterion                    everything
//! cargo bench -p blueshift-benches --features criterion -- conversion      one group
//! BLUESHIFT_BENCH_SCALE=1000 cargo bench …                                 on more data
//! ```
//!
//! Groups: `conversion` (CSV to ORC, bytes of CSV a second), `orc_scan` (bronze), `delete_insert`
//! (1% of a table), `analytics` (the queries of `queries/`, on gold). A step that fails ends the
//! run: a time for work that was not done would mislead.

use std::time::Duration;

use blueshift_benches::{Conversion, DeleteInsert, Fixture, ORC_SCANS, Result, analytics, scale};
use criterion::{BatchSize, Criterion, Throughput};

/// Samples of a benchmark; criterion's least, because one sample of the larger scales takes seconds.
const SAMPLES: usize = 10;
/// Before measuring.
const WARM_UP: Duration = Duration::from_secs(1);
/// For measuring, if the samples fit.
const MEASURE: Duration = Duration::from_secs(3);

fn main() -> Result<()> {
    let mut criterion =
        Criterion::default().sample_size(SAMPLES).warm_up_time(WARM_UP).measurement_time(MEASURE).configure_from_args();
    let fixture = Fixture::build(scale()?)?;
    conversion(&mut criterion, &fixture);
    orc_scan(&mut criterion, &fixture)?;
    delete_insert(&mut criterion, &fixture)?;
    analytics_queries(&mut criterion, &fixture)?;
    criterion.final_summary();
    Ok(())
}

fn conversion(criterion: &mut Criterion, fixture: &Fixture) {
    let mut group = criterion.benchmark_group("conversion");
    group.throughput(Throughput::Bytes(fixture.raw_bytes()));
    group.bench_function("csv_to_orc", |bencher| {
        bencher.iter_batched_ref(
            || done(Conversion::prepare(fixture)),
            |conversion| done(conversion.run()),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn orc_scan(criterion: &mut Criterion, fixture: &Fixture) -> Result<()> {
    let mut connection = fixture.connect()?;
    let mut group = criterion.benchmark_group("orc_scan");
    for (name, sql) in ORC_SCANS {
        group.bench_function(name, |bencher| bencher.iter(|| done(connection.run(sql))));
    }
    group.finish();
    Ok(())
}

fn delete_insert(criterion: &mut Criterion, fixture: &Fixture) -> Result<()> {
    // Set-up and work share the connection; criterion never runs both at once.
    let table = std::cell::RefCell::new(DeleteInsert::connect(fixture)?);
    let mut group = criterion.benchmark_group("delete_insert");
    group.bench_function("one_percent", |bencher| {
        bencher.iter_batched(
            || done(table.borrow_mut().prepare()),
            |()| done(table.borrow_mut().run()),
            BatchSize::PerIteration,
        );
    });
    group.finish();
    Ok(())
}

fn analytics_queries(criterion: &mut Criterion, fixture: &Fixture) -> Result<()> {
    let mut connection = fixture.connect()?;
    let mut group = criterion.benchmark_group("analytics");
    for query in analytics()? {
        group.bench_function(&query.name, |bencher| {
            bencher.iter(|| {
                let rows = done(connection.run(&query.sql));
                assert!(rows > 0, "{} returned nothing", query.name);
                rows
            });
        });
    }
    group.finish();
    Ok(())
}

/// criterion's closures cannot return errors.
fn done<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}
