//! SVV_REDSHIFT_FUNCTIONS.

use super::super::{
    declared::Filled,
    item::{RoutineItem, routine},
};

pub const SVV_REDSHIFT_FUNCTIONS: Filled<RoutineItem> = Filled {
    name: "svv_redshift_functions",
    items: |context| Ok(routine::all(context)),
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, r| (&r.schema).into()),
        ("function_name", |_, r| (&r.name).into()),
        ("function_type", |_, r| {
            (if r.procedure {
                "STORED PROCEDURE"
            } else if r.aggregate {
                "AGGREGATED FUNCTION"
            } else {
                "REGULAR FUNCTION"
            })
            .into()
        }),
        ("argument_type", |_, r| r.input_types().collect::<Vec<_>>().join(", ").into()),
        ("result_type", |_, r| (&r.returns).into()),
    ],
};
