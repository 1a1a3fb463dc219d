//! One run of the job, from the listing of the source to the commit.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Instant,
};

use super::{
    JobContext, JobOptions, Work,
    chunk::{Chunk, guess_starts, prove, scan_chunk},
    commit::{Loaded, commit},
    convert::{ObjectPlan, changed, convert_chunk},
    header::{Header, read_header},
    infer::ColumnProfile,
    plan, pool,
    report::{JobReport, Progress, TableReport},
};
use crate::{
    error::{Error, Result, SqlState},
    glue::{
        bookmark::{self, Comparison},
        crawler::raw_columns,
        data_catalog::{Bookmark, CatalogColumn, now_us},
    },
    lake::{
        Location,
        folder::REJECTS,
        source::{ObjectInfo, Source},
    },
};

/// Files that left the manifest stay on disk this long, for queries that still read them.
const DROPPED_FILES_KEPT_US: i64 = 10 * 60 * 1_000_000;

/// An object to load.
pub(super) struct Task {
    pub(super) object: ObjectInfo,
    pub(super) table: String,
    /// None: the object is empty.
    pub(super) header: Option<Header>,
    /// What was loaded from its old version.
    pub(super) replaces: Option<Bookmark>,
}

/// Everything that one run decided to do.
pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    /// Bookmarks to forget: vanished objects, or all of them when the source is loaded anew.
    pub(super) forget: Vec<Bookmark>,
    pub(super) touched: Vec<(ObjectInfo, Bookmark)>,
    /// Everything is loaded anew: pinned types do not count.
    pub(super) reset: bool,
    pub(super) delivery_id: i64,
}

/// Runs the job on everything in `source` that is new or changed.
///
/// Blocks; on an error the warehouse is as it was before.
pub fn run(
    source: &Location,
    context: &JobContext<'_>,
    options: &JobOptions,
    progress: &dyn Progress,
) -> Result<JobReport> {
    // The S3 client blocks on a runtime of its own, which an async thread may not do.
    let finished = std::thread::scope(|scope| {
        let options = options.clone();
        scope.spawn(move || run_blocking(source, context, &options, progress)).join()
    });
    finished.unwrap_or_else(|_| Err(Error::internal("the Glue job panicked")))
}

fn run_blocking(
    location: &Location,
    context: &JobContext<'_>,
    options: &JobOptions,
    progress: &dyn Progress,
) -> Result<JobReport> {
    let started = Instant::now();
    if context.database.eq_ignore_ascii_case(REJECTS) {
        return Err(Error::new(SqlState::INVALID_DEFINITION, format!("a database cannot be named \"{REJECTS}\"")));
    }
    let source = Source::open(location, context.stores)?;
    let _lock = context.lake.lock()?;
    sweep(context)?;
    let mut report = JobReport { source: source.location().to_string(), ..JobReport::default() };
    let plan = make_plan(&source, context, options, &mut report)?;
    if plan.tasks.is_empty() && plan.forget.is_empty() {
        touch(context, &plan)?;
        report.seconds = started.elapsed().as_secs_f64();
        return Ok(report);
    }
    let work = Work {
        source: &source,
        lake: context.lake,
        options,
        progress,
        database: context.database,
        delivery_id: plan.delivery_id,
        run_id: uuid::Uuid::new_v4().simple().to_string().split_off(20),
    };
    let done = load(&work, context, &plan).and_then(|loaded| commit(&work, context, &plan, loaded, &mut report));
    if let Err(error) = done {
        // What was written is in no manifest; the next run would sweep it, but why wait.
        let _ = sweep(context);
        return Err(error);
    }
    progress.finish();
    report.delivery_id = Some(plan.delivery_id);
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Removes what killed runs left, and files that left the manifest long enough ago.
fn sweep(context: &JobContext<'_>) -> Result<()> {
    let limit = now_us() - DROPPED_FILES_KEPT_US;
    let live = context.catalog.live_paths(limit)?;
    context.lake.sweep(&context.database.to_ascii_lowercase(), &live)?;
    if context.catalog.has_dropped_files(limit)? {
        context.catalog.update(|change| change.forget_dropped(limit))?;
    }
    Ok(())
}

fn touch(context: &JobContext<'_>, plan: &Plan) -> Result<()> {
    if plan.touched.is_empty() {
        return Ok(());
    }
    context.catalog.update(|change| {
        plan.touched.iter().try_for_each(|(object, b)| change.touch_bookmark(b.id, object.modified_ns, None))
    })
}

fn make_plan(source: &Source, context: &JobContext<'_>, options: &JobOptions, report: &mut JobReport) -> Result<Plan> {
    let sorted = plan::sort(source.list()?);
    report.objects_ignored = sorted.ignored;
    if sorted.data.is_empty() {
        return Err(Error::new(
            SqlState::UNDEFINED_FILE,
            format!("the source {} holds no CSV object", source.location()),
        )
        .with_hint("Raw data is laid out as <Table>/*.csv or <Table>.csv, each with a header line."));
    }
    let database = context.catalog.database(context.database)?;
    let old_source = database.as_ref().and_then(|d| d.source.as_deref());
    let moved = old_source.is_some_and(|old| old != report.source);
    if let (true, Some(old)) = (moved, old_source) {
        report.notices.push(format!("the source was {old} before: all of it is replaced by {}", report.source));
    }
    let reset = options.full_refresh || moved;
    let bookmarks = context.catalog.bookmarks(context.database)?;
    let (tables, objects): (HashMap<String, String>, Vec<ObjectInfo>) =
        sorted.data.into_iter().map(|(object, table)| ((object.key.clone(), table), object)).unzip();
    let comparison = if reset { reload(objects, bookmarks) } else { bookmark::compare(source, objects, bookmarks)? };
    count(&comparison, &tables, report);
    let mut tasks: Vec<Task> = comparison
        .new
        .into_iter()
        .map(|object| (object, None))
        .chain(comparison.changed.into_iter().map(|(object, old)| (object, Some(old))))
        .map(|(object, replaces)| Task { table: tables[&object.key].clone(), object, header: None, replaces })
        .collect();
    tasks.sort_by(|a, b| a.object.key.cmp(&b.object.key));
    read_headers(source, context, options, reset, &mut tasks)?;
    let delivery_id = database.map_or(0, |d| d.last_delivery_id) + 1;
    Ok(Plan { tasks, forget: comparison.vanished, touched: comparison.touched, reset, delivery_id })
}

/// Everything is loaded anew: bookmarks of objects that are still there are replaced.
fn reload(objects: Vec<ObjectInfo>, bookmarks: Vec<Bookmark>) -> Comparison {
    let mut known: HashMap<String, Bookmark> = bookmarks.into_iter().map(|b| (b.key.clone(), b)).collect();
    let mut comparison = Comparison::default();
    for object in objects {
        match known.remove(&object.key) {
            Some(old) => comparison.changed.push((object, old)),
            None => comparison.new.push(object),
        }
    }
    comparison.vanished = known.into_values().collect();
    comparison
}

/// Counts objects by table and fate.
fn count(comparison: &Comparison, tables: &HashMap<String, String>, report: &mut JobReport) {
    let mut by_table: BTreeMap<String, TableReport> = BTreeMap::new();
    let mut entry = |table: &str, add: fn(&mut TableReport)| {
        let report = by_table.entry(table.to_owned()).or_default();
        report.table = table.to_owned();
        add(report);
    };
    comparison.new.iter().for_each(|o| entry(&tables[&o.key], |r| r.objects_new += 1));
    comparison.changed.iter().for_each(|(o, _)| entry(&tables[&o.key], |r| r.objects_replaced += 1));
    comparison.unchanged.iter().for_each(|b| entry(&tables[&b.key], |r| r.objects_skipped += 1));
    for bookmark in &comparison.vanished {
        if let Some(table) = &bookmark.table {
            entry(table, |r| r.objects_vanished += 1);
        }
    }
    report.tables = by_table.into_values().collect();
}

/// Reads the headers of all objects to load, and refuses one that cannot belong to its table.
fn read_headers(
    source: &Source,
    context: &JobContext<'_>,
    options: &JobOptions,
    reset: bool,
    tasks: &mut [Task],
) -> Result<()> {
    let headers = pool::run(options.threads, tasks, |_, task| read_header(source, &task.object))?;
    let mut known: HashMap<String, HashSet<String>> = HashMap::new();
    for (task, header) in tasks.iter_mut().zip(headers) {
        if let Some(header) = &header {
            let columns = match known.entry(task.table.clone()) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    let pinned = pinned_columns(context, &task.table, reset)?;
                    entry.insert(pinned.into_iter().map(|c| c.name).collect())
                }
            };
            if !columns.is_empty() && !header.columns.iter().any(|name| columns.contains(name)) {
                return Err(Error::new(
                    SqlState::BAD_FILE_FORMAT,
                    format!(
                        "cannot load the object \"{}\": its header has no column of table \"{}\"",
                        task.object.key, task.table
                    ),
                )
                .with_detail(format!("The header is {}.", header.columns.join(",")))
                .with_hint("Does the object begin with a header line, and is it in the right folder?"));
            }
            columns.extend(header.columns.iter().cloned());
        }
        task.header = header;
    }
    Ok(())
}

/// The raw columns of a table that the data catalog knows; none when everything is loaded anew.
pub(super) fn pinned_columns(context: &JobContext<'_>, table: &str, reset: bool) -> Result<Vec<CatalogColumn>> {
    let known = context.catalog.table(context.database, table)?;
    if let Some(table) = &known
        && !table.managed
    {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("table \"{}\" of the data catalog was not made by the Glue job", table.name),
        )
        .with_hint("Drop or rename the table, or rename the folder of raw data."));
    }
    Ok(known.filter(|_| !reset).map(|table| raw_columns(&table)).unwrap_or_default())
}

/// An object that is being converted.
struct Conversion<'a> {
    task: &'a Task,
    header: &'a Header,
    pinned: &'a [CatalogColumn],
    starts: Vec<u64>,
}

/// Converts all objects of the plan; returns what to commit, in the plan's order.
fn load(work: &Work<'_>, context: &JobContext<'_>, plan: &Plan) -> Result<Vec<Loaded>> {
    let total = plan.tasks.iter().map(|t| t.object.bytes).sum();
    work.progress.start(total, plan.tasks.len());
    let mut pinned: HashMap<&str, Vec<CatalogColumn>> = HashMap::new();
    for task in &plan.tasks {
        if !pinned.contains_key(task.table.as_str()) {
            pinned.insert(&task.table, pinned_columns(context, &task.table, plan.reset)?);
        }
    }
    let threads = work.options.threads;
    // Large objects are cut up; small ones are one chunk and need no second round.
    let conversions = pool::run(threads, &plan.tasks, |_, task| {
        let Some(header) = &task.header else { return Ok(None) };
        let starts = guess_starts(work, &task.object, header)?;
        Ok(Some(Conversion { task, header, pinned: &pinned[task.table.as_str()], starts }))
    })?;
    let pieces: Vec<(usize, usize)> = conversions
        .iter()
        .enumerate()
        .flat_map(|(object, c)| (0..c.as_ref().map_or(0, |c| c.starts.len())).map(move |chunk| (object, chunk)))
        .collect();
    let first = pool::run(threads, &pieces, |_, (object, chunk)| match &conversions[*object] {
        Some(conversion) => first_round(work, conversion, *object, *chunk),
        None => Err(Error::internal("an empty object has no chunks")),
    })?;
    let mut rounds: Vec<Vec<FirstRound>> = conversions.iter().map(|_| Vec::new()).collect();
    pieces.iter().zip(first).for_each(|((object, _), round)| rounds[*object].push(round));
    second_round(work, plan, &conversions, rounds)
}

/// What the first round made of a chunk: all of a small object, or the scan of a piece.
enum FirstRound {
    Whole(Loaded),
    Piece(Chunk, f64),
}

fn first_round(work: &Work<'_>, conversion: &Conversion<'_>, number: usize, piece: usize) -> Result<FirstRound> {
    let started = Instant::now();
    let Conversion { task, header, starts, .. } = conversion;
    let end = starts.get(piece + 1).copied().unwrap_or(u64::MAX);
    let chunk = scan_chunk(work, &task.object, &task.table, header.columns.len(), starts[piece], end)?;
    if starts.len() > 1 {
        return Ok(FirstRound::Piece(chunk, started.elapsed().as_secs_f64()));
    }
    let mut chunks = [chunk];
    prove(work, &task.object, &task.table, header, &mut chunks)?;
    let plan = object_plan(conversion, number, &chunks);
    let files = convert_chunk(work, &plan, &chunks[0], 0)?;
    let hash = hash_of(work, &task.object)?;
    Ok(FirstRound::Whole(Loaded { files, content_hash: hash, seconds: started.elapsed().as_secs_f64() }))
}

/// Converts the chunks of split objects, now that their boundaries are proved.
fn second_round(
    work: &Work<'_>,
    plan: &Plan,
    conversions: &[Option<Conversion<'_>>],
    rounds: Vec<Vec<FirstRound>>,
) -> Result<Vec<Loaded>> {
    let mut loaded: Vec<Loaded> = Vec::with_capacity(plan.tasks.len());
    let mut split: Vec<(usize, Vec<Chunk>)> = Vec::new();
    for (number, rounds) in rounds.into_iter().enumerate() {
        let mut object = Loaded::default();
        let mut chunks = Vec::new();
        for round in rounds {
            match round {
                FirstRound::Whole(whole) => object = whole,
                FirstRound::Piece(chunk, seconds) => {
                    chunks.push(chunk);
                    object.seconds += seconds;
                }
            }
        }
        if let (false, Some(c)) = (chunks.is_empty(), &conversions[number]) {
            prove(work, &c.task.object, &c.task.table, c.header, &mut chunks)?;
            split.push((number, chunks));
        }
        loaded.push(object);
    }
    let mut plans = Vec::new();
    for (number, chunks) in &split {
        if let Some(conversion) = &conversions[*number] {
            plans.push((object_plan(conversion, *number, chunks), chunks));
        }
    }
    let pieces: Vec<(usize, Option<usize>)> = plans
        .iter()
        .enumerate()
        .flat_map(|(plan, (_, chunks))| (0..chunks.len()).map(Some).chain([None]).map(move |piece| (plan, piece)))
        .collect();
    let converted = pool::run(work.options.threads, &pieces, |_, (index, piece)| {
        let started = Instant::now();
        let (plan, chunks) = &plans[*index];
        let mut done = Loaded::default();
        match piece {
            Some(piece) => done.files = convert_chunk(work, plan, &chunks[*piece], *piece)?,
            None => done.content_hash = hash_of(work, plan.object)?,
        }
        done.seconds = started.elapsed().as_secs_f64();
        Ok(done)
    })?;
    for ((index, _), done) in pieces.iter().zip(converted) {
        let object = &mut loaded[split[*index].0];
        object.files.extend(done.files);
        object.content_hash = object.content_hash.take().or(done.content_hash);
        object.seconds += done.seconds;
    }
    for task in &plan.tasks {
        let now = work.source.stat(&task.object.key)?;
        if now != task.object {
            return Err(changed(work, &task.object));
        }
    }
    Ok(loaded)
}

/// The hash by which a local file is known; S3 has an ETag.
fn hash_of(work: &Work<'_>, object: &ObjectInfo) -> Result<Option<String>> {
    if object.etag.is_some() { Ok(None) } else { bookmark::content_hash(work.source, object).map(Some) }
}

/// The types of an object's columns: wide enough for its own values and for the pinned type.
fn object_plan<'a>(conversion: &Conversion<'a>, number: usize, chunks: &[Chunk]) -> ObjectPlan<'a> {
    let columns = &conversion.header.columns;
    let types = columns.iter().enumerate().map(|(index, name)| {
        let mut profile = ColumnProfile::default();
        chunks.iter().for_each(|chunk| profile.merge(&chunk.profiles[index]));
        let pinned = conversion.pinned.iter().find(|c| c.name == *name && !c.all_null).map(|c| &c.hive_type);
        match (pinned, profile.hive_type()) {
            (Some(pinned), Some(own)) => Some(pinned.widen(&own)),
            (pinned, own) => pinned.cloned().or(own),
        }
    });
    ObjectPlan {
        object: &conversion.task.object,
        number,
        table: &conversion.task.table,
        columns,
        types: types.collect(),
    }
}
