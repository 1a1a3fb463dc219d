//! What is there after reopening, and what is swept.

use super::*;

#[tokio::test]
async fn orphans_are_swept_when_nobody_else_has_the_warehouse_open() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let id = table_with(&first, "t", 5).await;
    let table = Arc::clone(first.latest().unwrap().table(id).unwrap());
    let orphan = first.segments().resolve(&first.segments().new_path(&table.path, ".parquet"));
    std::fs::write(&orphan, b"left by a crash").unwrap();
    let second = open(folder.path());
    assert!(orphan.exists(), "it may be a file that the first handle is writing");
    drop((first, second));
    let third = open(folder.path());
    assert!(!orphan.exists());
    assert_eq!(committed_ids(&third, "t").await.len(), 5);
    // Files of the past stay: earlier states can still be read.
    let mut transaction = third.begin();
    transaction.drop_relation(id).unwrap();
    transaction.commit().unwrap();
    drop(third);
    open(folder.path());
    assert_eq!(files_below(&folder.path().join("data")), 1);
}

#[tokio::test]
async fn everything_about_a_table_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let mut transaction = warehouse.begin();
    let schema = transaction.create_schema("silver").unwrap();
    let types = [
        (DataType::Boolean, "boolean"),
        (DataType::Int16, "smallint"),
        (DataType::Int32, "integer"),
        (DataType::Decimal128(18, 4), "numeric(18,4)"),
        (DataType::Float32, "real"),
        (DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None), "timestamp without time zone"),
        (DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into())), "timestamp with time zone"),
        (DataType::Time64(arrow::datatypes::TimeUnit::Microsecond), "time without time zone"),
        (DataType::BinaryView, "binary varying(16)"),
    ];
    let mut columns: Vec<ColumnDefinition> =
        types.iter().enumerate().map(|(i, (t, n))| ColumnDefinition::new(format!("c{i}"), t.clone(), *n)).collect();
    columns[2].identity = Some((1, 5));
    columns[2].encoding = Some("az64".to_owned());
    columns[3].default = Some("0.5 * 2".to_owned());
    let mut wanted = TableDefinition::new(schema, "t", columns);
    wanted.layout.dist_style = DistStyle::Key;
    wanted.layout.dist_key = wanted.column_id("c1");
    wanted.layout.properties = serde_json::json!({"materialized": true});
    let id = transaction.create_table(wanted).unwrap();
    transaction.comment(&CommentTarget::Relation(id), Some("it's \"t\"")).unwrap();
    transaction.comment(&CommentTarget::Column(id, ColumnId(1)), Some("first")).unwrap();
    transaction.comment(&CommentTarget::Schema(schema), Some("clean")).unwrap();
    let view = ViewDefinition {
        schema_id: schema,
        name: "v".to_owned(),
        sql: "select c0 from silver.t".to_owned(),
        columns: vec![ViewColumn { name: "c0".into(), data_type: DataType::Boolean, redshift_type: "boolean".into() }],
        late_binding: false,
        depends_on: vec![id],
        properties: serde_json::Value::Null,
    };
    let view = transaction.create_view(view).unwrap();
    transaction.put_record("external_schema", "bronze", serde_json::json!({"database": "chinook"})).unwrap();
    transaction.put_record("user", "gone", serde_json::json!(1)).unwrap();
    transaction.commit().unwrap();
    let mut transaction = warehouse.begin();
    transaction.remove_record("user", "gone").unwrap();
    transaction.set_relation_schema(id, PUBLIC).unwrap();
    transaction.rename_schema(schema, "gold").unwrap();
    transaction.commit().unwrap();

    let live = warehouse.latest().unwrap();
    drop(warehouse);
    let reopened = open(folder.path()).latest().unwrap();
    for snapshot in [live, reopened] {
        let Some(Relation::Table(table)) = snapshot.relation(PUBLIC, "t") else { panic!("no table") };
        for (column, (data_type, name)) in table.columns.iter().zip(&types) {
            assert_eq!((&column.data_type, column.redshift_type.as_str()), (data_type, *name));
        }
        assert_eq!(table.columns[2].identity, Some((1, 5)));
        assert_eq!(table.columns[2].encoding.as_deref(), Some("az64"));
        assert_eq!(table.columns[3].default.as_deref(), Some("0.5 * 2"));
        assert_eq!(table.layout.dist_key, Some(ColumnId(2)));
        assert_eq!(table.layout.properties["materialized"], true);
        assert_eq!(table.path, format!("{schema}/{id}/"));
        assert_eq!(table.comment.as_deref(), Some("it's \"t\""));
        assert_eq!(table.columns[0].comment.as_deref(), Some("first"));
        let gold = snapshot.schema("gold").unwrap();
        assert_eq!(gold.comment.as_deref(), Some("clean"));
        assert_eq!(snapshot.view(view).unwrap().columns[0].data_type, DataType::Boolean);
        assert_eq!(snapshot.dependents(id).len(), 1);
        assert_eq!(snapshot.record("external_schema", "bronze").unwrap()["database"], "chinook");
        assert!(snapshot.record("user", "gone").is_none());
        assert!(snapshot.relation(gold.id, "t").is_none());
        assert!(snapshot.relation(gold.id, "v").is_some());
    }
}
