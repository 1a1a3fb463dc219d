//! Comments: OBJ_DESCRIPTION, COL_DESCRIPTION, SHOBJ_DESCRIPTION.

use arrow::datatypes::DataType;

use super::context_function::ContextFunction;
use crate::{
    catalog::system_view::{SystemContext, item::ColumnItem, item::schema},
    functions::definition::Documentation,
};

/// The comment of a relation or schema.
fn comment(context: &SystemContext, number: i64, catalog: Option<&str>) -> Option<String> {
    if catalog.is_none_or(|catalog| catalog == "pg_class")
        && let Some(relation) = context.relation(number)
    {
        return relation.comment().map(str::to_owned);
    }
    if catalog.is_none_or(|catalog| catalog == "pg_namespace") {
        return schema::all(context).into_iter().find(|schema| schema.oid == number)?.comment;
    }
    None
}

/// OBJ_DESCRIPTION
pub static OBJ_DESCRIPTION: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "obj_description",
        aliases: &[],
        category: "catalog",
        description: "The comment of an object.",
        arguments: &[("object", "its number"), ("catalog", "pg_class or pg_namespace")],
        example: "select obj_description('sales'::regclass, 'pg_class');",
    },
    arity: (1, 2),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |context, call| {
        let numbers = call.int(0)?;
        let catalogs = if call.count() > 1 { Some(call.text(1)?) } else { None };
        call.write_text(|row, out| {
            let catalog = catalogs.as_ref().map(|catalogs| catalogs.get(row).unwrap_or(""));
            let found = numbers.get(row).and_then(|number| comment(context, number, catalog));
            out.push_str(found.as_deref().unwrap_or_default());
            Ok(found.is_some())
        })
    },
};

/// COL_DESCRIPTION
pub static COL_DESCRIPTION: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "col_description",
        aliases: &[],
        category: "catalog",
        description: "The comment of a column.",
        arguments: &[("relation", "its number"), ("column", "attnum")],
        example: "select col_description('sales'::regclass, 1);",
    },
    arity: (2, 2),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |context, call| {
        let (numbers, columns) = (call.int(0)?, call.int(1)?);
        call.write_text(|row, out| {
            let relation = numbers.get(row).and_then(|number| context.relation(number));
            let column = columns.get(row);
            let found = relation
                .and_then(|relation| ColumnItem::of(relation).find(|item| Some(item.number()) == column))
                .and_then(|item| item.comment(context));
            out.push_str(found.as_deref().unwrap_or_default());
            Ok(found.is_some())
        })
    },
};

/// SHOBJ_DESCRIPTION
pub static SHOBJ_DESCRIPTION: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "shobj_description",
        aliases: &[],
        category: "catalog",
        description: "The comment of a database.",
        arguments: &[("object", "its number"), ("catalog", "pg_database")],
        example: "",
    },
    arity: (2, 2),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |context, call| {
        let numbers = call.int(0)?;
        let key = format!("database {}", context.database());
        let text = context.bind.snapshot.record("comment", &key).and_then(|text| text.as_str().map(str::to_owned));
        call.write_text(|row, out| {
            let found = text.as_deref().filter(|_| numbers.get(row) == Some(100));
            out.push_str(found.unwrap_or_default());
            Ok(found.is_some())
        })
    },
};
