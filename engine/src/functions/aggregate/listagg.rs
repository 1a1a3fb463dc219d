//! LISTAGG (page r_LISTAGG), as an aggregate and over windows.
//!
//! `LISTAGG([DISTINCT] v, d) WITHIN GROUP (ORDER BY k1, k2 DESC)` is bound as
//! `listagg([DISTINCT] v, d, spec, k1, k2)`, where `spec` (see [`order_specification`]) says how the
//! keys are sorted: so it works over windows too, where DataFusion has no place for the clause.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, BinaryArray, StringArray},
    compute::SortOptions,
    datatypes::{DataType, Field, FieldRef},
    row::{RowConverter, SortField},
};
use datafusion::{
    common::ScalarValue,
    error::{DataFusionError, Result as DataFusionResult},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
        utils::AggregateOrderSensitivity,
    },
};

use super::totals::list_of;
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, Types},
        text,
    },
    types::RedshiftType,
};

/// LISTAGG
pub static LISTAGG: Documentation = Documentation {
    name: "listagg",
    aliases: &[],
    category: "aggregate",
    description: "Joins the values of a group into one string, in an order. NULL and empty strings are left out; \
                  DISTINCT ignores trailing blanks. More than 65535 bytes are an error.",
    arguments: &[
        ("aggregate_expression", "the values"),
        ("delimiter", "optional: what stands between them"),
        ("ORDER BY list", "optional, in WITHIN GROUP: the order"),
    ],
    example: "select listagg(salesid, ',') within group (order by salesid) from winsales;",
};

/// The third argument for the keys of WITHIN GROUP: a letter for the direction (`a`, `d`) and one for
/// the place of NULL (`f`, `l`) of each key.
pub fn order_specification(keys: impl IntoIterator<Item = SortOptions>) -> String {
    let mut specification = String::new();
    for key in keys {
        specification.push(if key.descending { 'd' } else { 'a' });
        specification.push(if key.nulls_first { 'f' } else { 'l' });
    }
    specification
}

#[derive(Debug)]
struct ListAgg {
    signature: Signature,
}

impl PartialEq for ListAgg {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ListAgg {}

impl Hash for ListAgg {
    fn hash<H: Hasher>(&self, state: &mut H) {
        LISTAGG.name.hash(state);
    }
}

/// LISTAGG for DataFusion.
pub fn listagg() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(ListAgg { signature: Signature::user_defined(Volatility::Immutable) }))
}

fn check(types: &[DataType]) -> Result<()> {
    let call = Types::new(LISTAGG.name, types);
    if call.count() == 0 || call.count() == 3 {
        return call.refuse();
    }
    call.require(0, Kind::is_textual)?;
    call.require(1, |kind| kind == Kind::Text)?;
    call.require(2, |kind| kind == Kind::Text)?;
    if call.kind(0) == Kind::TimestampTz {
        // its text depends on the session's zone, which does not reach an aggregate
        return Err(Error::not_supported("LISTAGG of TIMESTAMPTZ without a cast to VARCHAR"));
    }
    Ok(())
}

impl AggregateUDFImpl for ListAgg {
    fn name(&self) -> &str {
        LISTAGG.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn return_type(&self, arg_types: &[DataType]) -> DataFusionResult<DataType> {
        check(arg_types).map_err(DataFusionError::from)?;
        Ok(DataType::Utf8View)
    }

    fn return_field(&self, arg_fields: &[FieldRef]) -> DataFusionResult<FieldRef> {
        let types: Vec<DataType> = arg_fields.iter().map(|field| field.data_type().clone()).collect();
        self.return_type(&types)?;
        Ok(Arc::new(RedshiftType::Varchar(Some(65_535)).field(self.name(), true)))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        if !args.order_bys.is_empty() {
            return Err(Error::internal("WITHIN GROUP of LISTAGG must be bound as arguments").into());
        }
        let keys = args.expr_fields.iter().skip(3).map(|field| field.data_type().clone()).collect();
        Ok(Box::new(Strings {
            distinct: args.is_distinct,
            keys,
            converter: None,
            delimiter: None,
            entries: Vec::new(),
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        let list = |part: &str, item| {
            Arc::new(Field::new_list(format!("{}[{part}]", args.name), Field::new_list_field(item, true), true))
        };
        Ok(vec![
            list("keys", DataType::Binary),
            list("values", DataType::Utf8),
            Arc::new(Field::new(format!("{}[delimiter]", args.name), DataType::Utf8, true)),
        ])
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// The values of one group with the bytes of their sort keys.
#[derive(Debug)]
struct Strings {
    distinct: bool,
    keys: Vec<DataType>,
    converter: Option<RowConverter>,
    delimiter: Option<String>,
    entries: Vec<(Vec<u8>, String)>,
}

impl Strings {
    fn converter(&mut self, specification: &ArrayRef) -> Result<&RowConverter> {
        if self.converter.is_none() {
            let specification = text::as_text(specification)?;
            let letters: Vec<char> = specification.iter().next().flatten().unwrap_or_default().chars().collect();
            if letters.len() != 2 * self.keys.len() {
                return Err(Error::internal("the order of LISTAGG does not fit its keys"));
            }
            let fields = self.keys.iter().zip(letters.chunks(2)).map(|(data_type, letters)| {
                let options = SortOptions { descending: letters[0] == 'd', nulls_first: letters[1] == 'f' };
                SortField::new_with_options(data_type.clone(), options)
            });
            self.converter = Some(RowConverter::new(fields.collect()).map_err(Error::internal)?);
        }
        self.converter.as_ref().ok_or_else(|| Error::internal("no row converter"))
    }

    fn add(&mut self, values: &[ArrayRef]) -> Result<()> {
        if values[0].is_empty() {
            return Ok(());
        }
        if let Some(delimiter) = values.get(1) {
            let delimiter = text::as_text(&delimiter.slice(0, 1))?;
            self.delimiter = delimiter.iter().next().flatten().map(str::to_string);
        }
        let rows = if self.keys.is_empty() {
            None
        } else {
            let converter = self.converter(&values[2].slice(0, 1))?;
            Some(converter.convert_columns(&values[3..]).map_err(Error::internal)?)
        };
        for (row, value) in text::as_text(&values[0])?.iter().enumerate() {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let key = rows.as_ref().map_or_else(Vec::new, |rows| rows.row(row).as_ref().to_vec());
                self.entries.push((key, value.to_string()));
            }
        }
        Ok(())
    }

    fn join(&self) -> Result<Option<String>> {
        let mut order: Vec<&(Vec<u8>, String)> = self.entries.iter().collect();
        // stable: equal keys stay in the order of arrival
        order.sort_by(|a, b| a.0.cmp(&b.0));
        let mut seen = HashSet::new();
        let mut joined = String::new();
        let mut first = true;
        for (_, value) in order {
            if self.distinct && !seen.insert(value.trim_end_matches(' ')) {
                continue;
            }
            if !first {
                joined.push_str(self.delimiter.as_deref().unwrap_or_default());
            }
            first = false;
            joined.push_str(value);
            if joined.len() > text::BYTES_MAX {
                let message = "Result size exceeds LISTAGG limit";
                return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message)
                    .with_detail(format!("The limit is {} bytes.", text::BYTES_MAX)));
            }
        }
        Ok((!first).then_some(joined))
    }
}

impl Accumulator for Strings {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        Ok(self.add(values)?)
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        Ok(ScalarValue::Utf8View(self.join()?))
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        let keys = BinaryArray::from_iter_values(self.entries.iter().map(|(key, _)| key));
        let values = StringArray::from_iter_values(self.entries.iter().map(|(_, value)| value));
        Ok(vec![list_of(Arc::new(keys)), list_of(Arc::new(values)), ScalarValue::Utf8(self.delimiter.clone())])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        let (keys, values) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        let delimiters = states[2].as_string::<i32>();
        for row in 0..keys.len() {
            if delimiters.is_valid(row) {
                self.delimiter = Some(delimiters.value(row).to_string());
            }
            let (keys, values) = (keys.value(row), values.value(row));
            let pairs = keys.as_binary::<i32>().iter().zip(values.as_string::<i32>().iter());
            for (key, value) in pairs {
                if let (Some(key), Some(value)) = (key, value) {
                    self.entries.push((key.to_vec(), value.to_string()));
                }
            }
        }
        Ok(())
    }

    fn size(&self) -> usize {
        let entries: usize = self.entries.iter().map(|(key, value)| key.capacity() + value.capacity()).sum();
        size_of_val(self) + entries + self.entries.capacity() * size_of::<(Vec<u8>, String)>()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int32Array, StringViewArray};

    use super::*;
    use crate::functions::{
        aggregate::testing::{aggregate, aggregate_distinct},
        testing::text,
    };

    fn strings(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringViewArray::from(values.to_vec()))
    }

    fn repeated(value: &str, rows: usize) -> ArrayRef {
        Arc::new(StringViewArray::from(vec![value; rows]))
    }

    #[test]
    fn in_order_without_null_and_empty() {
        let values = strings(&[Some("b"), None, Some(""), Some("a")]);
        assert_eq!(aggregate(&listagg(), &[Arc::clone(&values), repeated(",", 4)]).unwrap(), text("b,a"));
        assert_eq!(aggregate(&listagg(), &[Arc::clone(&values)]).unwrap(), text("ba"));
        let keys: ArrayRef = Arc::new(Int32Array::from(vec![2, 1, 3, 0]));
        let spec = |letters| repeated(letters, 4);
        let ordered = |letters| [Arc::clone(&values), repeated(",", 4), spec(letters), Arc::clone(&keys)];
        assert_eq!(aggregate(&listagg(), &ordered("al")).unwrap(), text("a,b"));
        assert_eq!(aggregate(&listagg(), &ordered("df")).unwrap(), text("b,a"));
        assert_eq!(aggregate(&listagg(), &[strings(&[None, None])]).unwrap(), ScalarValue::Utf8View(None));
    }

    #[test]
    fn distinct_ignores_trailing_blanks() {
        let values = strings(&[Some("a"), Some("a "), Some("b"), Some("a")]);
        assert_eq!(aggregate_distinct(&listagg(), &[values, repeated(",", 4)]).unwrap(), text("a,b"));
    }

    #[test]
    fn the_limit_is_65535_bytes() {
        let long = "x".repeat(40_000);
        assert!(aggregate(&listagg(), &[strings(&[Some(&long), Some(&long)])]).is_err());
        assert_eq!(order_specification([SortOptions { descending: true, nulls_first: true }]), "df");
    }

    #[test]
    fn numbers_are_joined_as_text() {
        let values: ArrayRef = Arc::new(Int32Array::from(vec![3, 1, 1]));
        assert_eq!(aggregate(&listagg(), &[values]).unwrap(), text("311"));
    }
}
