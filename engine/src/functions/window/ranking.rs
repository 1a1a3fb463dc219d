//! ROW_NUMBER, RANK, DENSE_RANK and NTILE (pages r_WF_ROW_NUMBER, r_WF_RANK, r_WF_DENSE_RANK,
//! r_WF_NTILE): DataFusion's, whose unsigned results become BIGINT or INTEGER.

use std::{
    hash::{Hash, Hasher},
    ops::Range,
    sync::Arc,
};

use arrow::{
    array::ArrayRef,
    compute::{SortOptions, cast},
    datatypes::{DataType, Field, FieldRef},
};
use datafusion::{
    common::ScalarValue,
    error::Result,
    functions_window as built_in,
    logical_expr::{
        LimitEffect, PartitionEvaluator, ReversedUDWF, Signature, WindowUDF, WindowUDFImpl,
        function::{ExpressionArgs, PartitionEvaluatorArgs, WindowUDFFieldArgs},
        window_state::WindowAggState,
    },
    physical_expr::PhysicalExpr,
};

use crate::functions::definition::Documentation;

/// ROW_NUMBER
pub static ROW_NUMBER: Documentation = Documentation {
    name: "row_number",
    aliases: &[],
    category: "window",
    description: "The number of the row in its partition, from 1, as BIGINT.",
    arguments: &[],
    example: "select row_number() over (partition by sellerid order by qty) from winsales;",
};

/// RANK
pub static RANK: Documentation = Documentation {
    name: "rank",
    aliases: &[],
    category: "window",
    description: "The rank of the row in its partition with gaps after equal rows, as INTEGER.",
    arguments: &[],
    example: "select rank() over (order by qty) from winsales;",
};

/// DENSE_RANK
pub static DENSE_RANK: Documentation = Documentation {
    name: "dense_rank",
    aliases: &[],
    category: "window",
    description: "The rank of the row in its partition without gaps, as INTEGER.",
    arguments: &[],
    example: "select dense_rank() over (order by qty) from winsales;",
};

/// NTILE
pub static NTILE: Documentation = Documentation {
    name: "ntile",
    aliases: &[],
    category: "window",
    description: "Divides the ordered rows of a partition into groups of nearly equal size, as BIGINT.",
    arguments: &[("expression", "how many groups")],
    example: "select ntile(4) over (order by pricepaid desc) from sales;",
};

/// ROW_NUMBER for DataFusion.
pub fn row_number() -> Arc<WindowUDF> {
    make(built_in::row_number::row_number_udwf(), DataType::Int64)
}

/// RANK for DataFusion.
pub fn rank() -> Arc<WindowUDF> {
    make(built_in::rank::rank_udwf(), DataType::Int32)
}

/// DENSE_RANK for DataFusion.
pub fn dense_rank() -> Arc<WindowUDF> {
    make(built_in::rank::dense_rank_udwf(), DataType::Int32)
}

/// NTILE for DataFusion.
pub fn ntile() -> Arc<WindowUDF> {
    make(built_in::ntile::ntile_udwf(), DataType::Int64)
}

fn make(inner: Arc<WindowUDF>, result: DataType) -> Arc<WindowUDF> {
    Arc::new(WindowUDF::new_from_impl(Typed { inner, result }))
}

/// A window function with another result type.
#[derive(Debug)]
struct Typed {
    inner: Arc<WindowUDF>,
    result: DataType,
}

impl PartialEq for Typed {
    fn eq(&self, other: &Self) -> bool {
        self.inner.name() == other.inner.name()
    }
}

impl Eq for Typed {}

impl Hash for Typed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.name().hash(state);
    }
}

impl WindowUDFImpl for Typed {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn expressions(&self, expr_args: ExpressionArgs) -> Vec<Arc<dyn PhysicalExpr>> {
        self.inner.inner().expressions(expr_args)
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        let inner = self.inner.inner().partition_evaluator(args)?;
        Ok(Box::new(TypedEvaluator { inner, result: self.result.clone() }))
    }

    fn field(&self, field_args: WindowUDFFieldArgs) -> Result<FieldRef> {
        let field = self.inner.inner().field(field_args)?;
        Ok(Arc::new(Field::new(field.name(), self.result.clone(), field.is_nullable())))
    }

    fn sort_options(&self) -> Option<SortOptions> {
        self.inner.inner().sort_options()
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.inner().coerce_types(arg_types)
    }

    fn reverse_expr(&self) -> ReversedUDWF {
        match self.inner.inner().reverse_expr() {
            ReversedUDWF::Identical => ReversedUDWF::Identical,
            // another function would come without our result type
            _ => ReversedUDWF::NotSupported,
        }
    }

    fn limit_effect(&self, args: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        self.inner.inner().limit_effect(args)
    }
}

#[derive(Debug)]
struct TypedEvaluator {
    inner: Box<dyn PartitionEvaluator>,
    result: DataType,
}

impl PartitionEvaluator for TypedEvaluator {
    fn memoize(&mut self, state: &mut WindowAggState) -> Result<()> {
        self.inner.memoize(state)
    }

    fn get_range(&self, idx: usize, n_rows: usize) -> Result<Range<usize>> {
        self.inner.get_range(idx, n_rows)
    }

    fn is_causal(&self) -> bool {
        self.inner.is_causal()
    }

    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        Ok(cast(&self.inner.evaluate_all(values, num_rows)?, &self.result)?)
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        self.inner.evaluate(values, range)?.cast_to(&self.result)
    }

    fn evaluate_all_with_rank(&self, num_rows: usize, ranks_in_partition: &[Range<usize>]) -> Result<ArrayRef> {
        Ok(cast(&self.inner.evaluate_all_with_rank(num_rows, ranks_in_partition)?, &self.result)?)
    }

    fn supports_bounded_execution(&self) -> bool {
        self.inner.supports_bounded_execution()
    }

    fn uses_window_frame(&self) -> bool {
        self.inner.uses_window_frame()
    }

    fn include_rank(&self) -> bool {
        self.inner.include_rank()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{int, int4};

    fn evaluator(function: &WindowUDF) -> Box<dyn PartitionEvaluator> {
        function.inner().partition_evaluator(PartitionEvaluatorArgs::default()).unwrap()
    }

    #[test]
    fn results_have_redshifts_types() {
        let mut numbers = evaluator(&row_number());
        let array = numbers.evaluate_all(&[], 3).unwrap();
        assert_eq!(ScalarValue::try_from_array(&array, 2).unwrap(), int(3));
        let ranks = evaluator(&rank());
        assert!(ranks.include_rank());
        let array = ranks.evaluate_all_with_rank(3, &[0..2, 2..3]).unwrap();
        let got: Vec<_> = (0..3).map(|row| ScalarValue::try_from_array(&array, row).unwrap()).collect();
        assert_eq!(got, vec![int4(1), int4(1), int4(3)]);
        let array = evaluator(&dense_rank()).evaluate_all_with_rank(3, &[0..2, 2..3]).unwrap();
        assert_eq!(ScalarValue::try_from_array(&array, 2).unwrap(), int4(2));
    }
}
