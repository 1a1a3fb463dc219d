//! Whether an object is found without naming its schema: PG_TABLE_IS_VISIBLE and its like.

use arrow::datatypes::DataType;

use super::context_function::ContextFunction;
use crate::{
    catalog::system_view::{SystemContext, item::routine, view::PG_CATALOG},
    functions::definition::Documentation,
};

macro_rules! visible {
    ($constant:ident, $name:literal, $aliases:expr, $value:expr) => {
        #[doc = $name]
        pub static $constant: ContextFunction = ContextFunction {
            documentation: Documentation {
                name: $name,
                aliases: $aliases,
                category: "catalog",
                description: "Whether the object is found by its name alone.",
                arguments: &[("object", "its number")],
                example: "",
            },
            arity: (1, 1),
            returns: |_| Ok(DataType::Boolean),
            invoke: |context, call| {
                let numbers = call.int(0)?;
                let decide: fn(&SystemContext, i64) -> bool = $value;
                call.build_boolean(|row| Ok(numbers.get(row).map(|number| decide(context, number))))
            },
        };
    };
}

/// Whether a relation is the first of its name along the search path.
fn relation_is_visible(context: &SystemContext, number: i64) -> bool {
    let Some(relation) = context.relation_or_index(number) else { return false };
    for schema in context.visible_schemas() {
        if *schema == *relation.schema {
            return true;
        }
        let snapshot = &context.bind.snapshot;
        let shadows = match snapshot.schema(schema) {
            Some(schema) => snapshot.relation(schema.id, &relation.name).is_some(),
            None => crate::catalog::system_view::exists(schema, &relation.name),
        };
        if shadows {
            return false;
        }
    }
    false
}

visible!(PG_TABLE_IS_VISIBLE, "pg_table_is_visible", &[], relation_is_visible);

visible!(PG_TYPE_IS_VISIBLE, "pg_type_is_visible", &[], |_, _| true);

visible!(PG_FUNCTION_IS_VISIBLE, "pg_function_is_visible", &[], |context, number| {
    let routine = routine::all(context).into_iter().find(|routine| routine.oid == number);
    routine.is_some_and(|routine| {
        routine.schema == PG_CATALOG || context.visible_schemas().contains(&routine.schema.as_str())
    })
});

visible!(
    PG_OTHER_IS_VISIBLE,
    "pg_operator_is_visible",
    &[
        "pg_opclass_is_visible",
        "pg_collation_is_visible",
        "pg_conversion_is_visible",
        "pg_opfamily_is_visible",
        "pg_ts_config_is_visible",
        "pg_ts_dict_is_visible",
        "pg_ts_parser_is_visible",
        "pg_ts_template_is_visible"
    ],
    |_, _| true
);
