//! The functions inside DataFusion's planner and executor: registration, coercion, the optimizer's
//! rewrites, partial aggregation.

use std::sync::Arc;

use arrow::{
    array::{Decimal128Array, Int32Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
    util::pretty::pretty_format_batches,
};
use datafusion::{
    execution::FunctionRegistry,
    logical_expr::{Expr, col, lit},
    prelude::{SessionConfig, SessionContext},
    scalar::ScalarValue,
};

use super::*;

fn context() -> SessionContext {
    let mut context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(3));
    register_all(&mut context).unwrap();
    context
}

fn batch() -> RecordBatch {
    let schema = Schema::new(vec![
        Field::new("g", DataType::Utf8, true),
        Field::new("n", DataType::Int32, true),
        Field::new("d", DataType::Decimal128(8, 2), true),
    ]);
    let decimals = Decimal128Array::from(vec![Some(100), Some(250), None, Some(50)]);
    RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(StringArray::from(vec!["a", "b", "a", "a"])),
            Arc::new(Int32Array::from(vec![Some(1), Some(2), Some(4), None])),
            Arc::new(decimals.with_precision_and_scale(8, 2).unwrap()),
        ],
    )
    .unwrap()
}

fn call(context: &SessionContext, name: &str, arguments: Vec<Expr>) -> Expr {
    context.udf(name).unwrap().call(arguments)
}

fn aggregate(context: &SessionContext, name: &str, arguments: Vec<Expr>) -> Expr {
    context.udaf(name).unwrap().call(arguments)
}

async fn rows(frame: datafusion::dataframe::DataFrame) -> String {
    pretty_format_batches(&frame.collect().await.unwrap()).unwrap().to_string()
}

#[tokio::test]
async fn scalar_functions_are_planned() {
    let context = context();
    let null = || lit(ScalarValue::Null);
    let frame = context
        .read_batch(batch())
        .unwrap()
        .select(vec![
            call(&context, "nvl", vec![col("n"), lit(0i64)]).alias("nvl"),
            call(&context, "decode", vec![col("n"), null(), lit("none"), lit(1), lit("one"), lit("more")])
                .alias("decode"),
            call(&context, "nvl2", vec![col("d"), col("d"), lit(7)]).alias("nvl2"),
            call(&context, "dateadd", vec![lit("day"), col("n"), lit("2008-02-28")]).alias("dateadd"),
            call(&context, "round", vec![col("d"), lit(1i64)]).alias("round"),
            call(&context, "concat", vec![col("g"), col("n")]).alias("concat"),
            call(&context, "len", vec![null()]).alias("len"),
        ])
        .unwrap();
    let types: Vec<_> = frame.schema().fields().iter().map(|field| field.data_type().clone()).collect();
    assert_eq!(types[0], DataType::Int64);
    assert_eq!(types[2], DataType::Decimal128(12, 2));
    assert_eq!(types[4], DataType::Decimal128(8, 1));
    let expected = "\
+-----+--------+------+---------------------+-------+--------+-----+
| nvl | decode | nvl2 | dateadd             | round | concat | len |
+-----+--------+------+---------------------+-------+--------+-----+
| 1   | one    | 1.00 | 2008-02-29T00:00:00 | 1.0   | a1     |     |
| 2   | more   | 2.50 | 2008-03-01T00:00:00 | 2.5   | b2     |     |
| 4   | more   | 7.00 | 2008-03-03T00:00:00 |       | a4     |     |
| 0   | none   | 0.50 |                     | 0.5   |        |     |
+-----+--------+------+---------------------+-------+--------+-----+";
    assert_eq!(rows(frame).await, expected);
}

#[tokio::test]
async fn later_arguments_are_not_evaluated() {
    let context = context();
    let division = call(&context, "mod", vec![lit(1), col("n") - col("n")]);
    let guarded = call(&context, "decode", vec![lit(1), lit(1), col("n"), division.clone()]);
    let frame = context.read_batch(batch()).unwrap().select(vec![guarded.alias("v")]).unwrap();
    assert!(frame.collect().await.is_ok());
    let frame = context.read_batch(batch()).unwrap().select(vec![division]).unwrap();
    assert!(frame.collect().await.is_err());
}

#[tokio::test]
async fn aggregates_are_planned_over_partitions() {
    let context = context();
    let frame = context
        .read_batches(vec![batch(), batch()])
        .unwrap()
        .repartition(datafusion::logical_expr::Partitioning::RoundRobinBatch(3))
        .unwrap()
        .aggregate(
            vec![col("g")],
            vec![
                aggregate(&context, "sum", vec![col("d")]).alias("sum"),
                aggregate(&context, "avg", vec![col("n")]).alias("avg"),
                aggregate(&context, "median", vec![col("n")]).alias("median"),
                aggregate(&context, "percentile_disc", vec![lit(0.5), col("n")]).alias("disc"),
                aggregate(&context, "listagg", vec![col("n"), lit("-"), lit("df"), col("n")]).alias("listagg"),
            ],
        )
        .unwrap()
        .sort(vec![col("g").sort(true, false)])
        .unwrap();
    let expected = "\
+---+------+-----+--------+------+---------+
| g | sum  | avg | median | disc | listagg |
+---+------+-----+--------+------+---------+
| a | 3.00 | 2   | 2.5    | 1    | 4-4-1-1 |
| b | 5.00 | 2   | 2.0    | 2    | 2-2     |
+---+------+-----+--------+------+---------+";
    assert_eq!(rows(frame).await, expected);
}

#[tokio::test]
async fn names_and_aliases_are_unique() {
    let mut names: Vec<_> = documentation().flat_map(|d| d.aliases.iter().chain([&d.name]).copied()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    // PostgreSQL's catalog functions are there for clients, which know how to call them.
    let needs_example = |d: &&Documentation| d.category != "catalog" && d.example.is_empty();
    let silent: Vec<_> = documentation().filter(|d| d.description.is_empty() || needs_example(d)).collect();
    assert!(silent.is_empty(), "{silent:?}");
}
