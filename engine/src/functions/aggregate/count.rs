//! COUNT (page r_COUNT): DataFusion's, except that COUNT(DISTINCT) gives its memory back.
//!
//! DataFusion 55 keeps the distinct values of all groups in one hash set. When memory runs short, a
//! partial aggregation hands its groups over and starts anew, but the emptied set keeps its capacity:
//! the reservation cannot shrink and the query fails with memory to spare. Handing over "the first n of
//! n groups" instead of "all" makes the accumulator build a new set.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray},
        datatypes::{DataType, FieldRef},
    },
    common::{Result, ScalarValue},
    functions_aggregate::count::count_udaf,
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, SetMonotonicity,
        Signature, StatisticsArgs,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};

/// COUNT.
pub fn count() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(Count { built_in: count_udaf() }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Count {
    built_in: Arc<AggregateUDF>,
}

impl AggregateUDFImpl for Count {
    fn name(&self) -> &str {
        self.built_in.name()
    }

    fn signature(&self) -> &Signature {
        self.built_in.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.built_in.return_type(types)
    }

    fn is_nullable(&self) -> bool {
        self.built_in.is_nullable()
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.built_in.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.built_in.accumulator(args)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.built_in.create_sliding_accumulator(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        self.built_in.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        let distinct = args.is_distinct;
        let built_in = self.built_in.create_groups_accumulator(args)?;
        Ok(if distinct { Box::new(ShrinkingGroups { built_in, groups: 0 }) } else { built_in })
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        self.built_in.reverse_udf()
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        self.built_in.default_value(data_type)
    }

    fn value_from_stats(&self, args: &StatisticsArgs) -> Option<ScalarValue> {
        self.built_in.value_from_stats(args)
    }

    fn set_monotonicity(&self, data_type: &DataType) -> SetMonotonicity {
        self.built_in.inner().set_monotonicity(data_type)
    }
}

/// Counts distinct values by group; starts with new containers whenever all groups were handed over.
struct ShrinkingGroups {
    built_in: Box<dyn GroupsAccumulator>,
    groups: usize,
}

impl ShrinkingGroups {
    /// `emit_to` in the form that leaves nothing behind; also counts the groups that remain.
    fn taking(&mut self, emit_to: EmitTo) -> EmitTo {
        let taken = match emit_to {
            EmitTo::All => self.groups,
            EmitTo::First(n) => n.min(self.groups),
        };
        self.groups -= taken;
        EmitTo::First(taken)
    }
}

impl GroupsAccumulator for ShrinkingGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.groups = total_num_groups;
        self.built_in.update_batch(values, group_indices, filter, total_num_groups)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.groups = total_num_groups;
        self.built_in.merge_batch(values, group_indices, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let emit_to = self.taking(emit_to);
        self.built_in.evaluate(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let emit_to = self.taking(emit_to);
        self.built_in.state(emit_to)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.built_in.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.built_in.size()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::{
            array::Int32Array,
            datatypes::{Field, Schema},
        },
        physical_expr::{PhysicalExpr, expressions::Column},
    };

    use super::*;

    #[test]
    fn distinct_groups_give_their_memory_back() {
        let schema = Schema::new(vec![Field::new("x", DataType::Int32, true)]);
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new("x", 0));
        let field: FieldRef = Arc::new(schema.field(0).clone());
        let args = AccumulatorArgs {
            return_field: Arc::new(Field::new("count", DataType::Int64, false)),
            schema: &schema,
            ignore_nulls: false,
            order_bys: &[],
            is_reversed: false,
            name: "count",
            is_distinct: true,
            exprs: &[column],
            expr_fields: &[field],
        };
        let mut groups = count().create_groups_accumulator(args).unwrap();
        let empty = groups.size();
        let values: ArrayRef = Arc::new(Int32Array::from_iter_values(0..100_000));
        let indices: Vec<usize> = (0..100_000).map(|row| row % 10).collect();
        groups.update_batch(&[values], &indices, None, 10).unwrap();
        assert!(groups.size() > empty + 100_000);
        let state = groups.state(EmitTo::All).unwrap();
        assert_eq!(state[0].len(), 10);
        assert!(groups.size() <= empty + 1_000, "{} bytes are kept", groups.size());
    }
}
