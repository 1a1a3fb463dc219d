//! What a function is: one documented constant per function, from which DataFusion's `ScalarUDF`
//! and the reference page are made.
//!
//! DataFusion's own coercion is switched off on purpose (`coerce_types` answers what it was asked):
//! Redshift's implicit conversions differ, so a function converts its arguments itself, through
//! [`Call`].

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef},
    datatypes::{DataType, Field, FieldRef},
};
use datafusion::{
    common::ScalarValue,
    error::Result as DataFusionResult,
    logical_expr::{
        ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        simplify::{ExprSimplifyResult, SimplifyContext},
    },
};

use super::{
    arguments::{Call, Kind},
    bounds::{Bounds, unbounded},
    lazy, length,
    settings::SessionSettings,
    super_type::implicit,
    type_name,
};
use crate::{
    error::{Error, Result},
    types::RedshiftType,
};

/// Documentation of a function: what its reference page says.
#[derive(Debug)]
pub struct Documentation {
    /// The name, in lower case.
    pub name: &'static str,
    /// Other names of the same function.
    pub aliases: &'static [&'static str],
    /// The family, which is also the folder.
    pub category: &'static str,
    /// What it does, in a sentence or three.
    pub description: &'static str,
    /// Arguments: name and meaning.
    pub arguments: &'static [(&'static str, &'static str)],
    /// A statement that shows it, and its result.
    pub example: &'static str,
}

/// A scalar function: its documentation, how many arguments it takes, its result type and its code.
#[derive(Debug)]
pub struct ScalarFunction {
    /// What the reference page says.
    pub documentation: Documentation,
    /// The least and the greatest number of arguments.
    pub arity: (usize, usize),
    /// The result type for the argument types. It refuses types that the function does not take.
    pub returns: fn(&Types) -> Result<DataType>,
    /// Computes the result for all rows of a batch.
    pub invoke: fn(&Call) -> Result<ArrayRef>,
}

/// Gives an equivalent expression, for functions that must not evaluate all their arguments.
pub type Rewrite = fn(Vec<Expr>, &Types) -> Result<Expr>;

/// The types of a call's arguments, while its result type is worked out.
#[derive(Debug)]
pub struct Types<'a> {
    name: &'static str,
    types: &'a [DataType],
    constants: &'a [Option<&'a ScalarValue>],
}

impl<'a> Types<'a> {
    /// The types of a call of `name`.
    pub fn new(name: &'static str, types: &'a [DataType]) -> Self {
        Types { name, types, constants: &[] }
    }

    /// The same, with the values of the arguments that are constants.
    pub fn with_constants(mut self, constants: &'a [Option<&'a ScalarValue>]) -> Self {
        self.constants = constants;
        self
    }

    /// The value of an argument that is a text constant.
    pub fn constant_text(&self, index: usize) -> Option<&str> {
        match self.constants.get(index)?.as_ref()? {
            ScalarValue::Utf8(value) | ScalarValue::LargeUtf8(value) | ScalarValue::Utf8View(value) => value.as_deref(),
            _ => None,
        }
    }

    /// The value of an argument that is an integer constant.
    pub fn constant_int(&self, index: usize) -> Option<i64> {
        match self.constants.get(index)?.as_ref()? {
            ScalarValue::Int8(value) => value.map(i64::from),
            ScalarValue::Int16(value) => value.map(i64::from),
            ScalarValue::Int32(value) => value.map(i64::from),
            ScalarValue::Int64(value) => *value,
            _ => None,
        }
    }

    /// The function's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many arguments there are.
    pub fn count(&self) -> usize {
        self.types.len()
    }

    /// The type of an argument; Null beyond the last.
    pub fn data_type(&self, index: usize) -> &DataType {
        self.types.get(index).map_or(&DataType::Null, value_type)
    }

    /// The kind of an argument.
    pub fn kind(&self, index: usize) -> Kind {
        Kind::of(self.data_type(index))
    }

    /// The kinds of all arguments.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        (0..self.count()).map(|index| self.kind(index))
    }

    /// `function name(types) does not exist`: what Redshift says of argument types that do not fit.
    pub fn refuse<T>(&self) -> Result<T> {
        let names: Vec<String> = self.types.iter().map(|data_type| type_name(value_type(data_type))).collect();
        Err(Error::undefined_function(format!("{}({})", self.name, names.join(", "))))
    }

    /// Refuses the call unless the argument is NULL or of one of the kinds that `accept` takes.
    pub fn require(&self, index: usize, accept: fn(Kind) -> bool) -> Result<()> {
        let kind = self.kind(index);
        if index >= self.count() || kind == Kind::Null || accept(kind) { Ok(()) } else { self.refuse() }
    }
}

/// The type behind a dictionary.
fn value_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, value) => value,
        DataType::RunEndEncoded(_, value) => value.data_type(),
        other => other,
    }
}

/// The function as DataFusion sees it.
#[derive(Debug)]
struct Adapter {
    function: &'static ScalarFunction,
    rewrite: Option<Rewrite>,
    signature: Signature,
    aliases: Vec<String>,
}

impl PartialEq for Adapter {
    fn eq(&self, other: &Self) -> bool {
        self.function.documentation.name == other.function.documentation.name
    }
}

impl Eq for Adapter {}

impl Hash for Adapter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.documentation.name.hash(state);
    }
}

impl ScalarFunction {
    /// The function for DataFusion's registry.
    pub fn to_udf(&'static self) -> Arc<ScalarUDF> {
        self.to_rewritten_udf(None)
    }

    /// The same for a function that the optimizer replaces by an expression.
    pub fn to_rewritten_udf(&'static self, rewrite: Option<Rewrite>) -> Arc<ScalarUDF> {
        let aliases = self.documentation.aliases.iter().map(|alias| (*alias).to_string()).collect();
        let signature = Signature::user_defined(Volatility::Immutable);
        Arc::new(ScalarUDF::new_from_impl(Adapter { function: self, rewrite, signature, aliases }))
    }

    /// The result type for the argument types, or why there is none.
    pub fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.return_type_of(&Types::new(self.documentation.name, types))
    }

    /// The result type for the argument types and constants, or why there is none.
    pub fn return_type_of(&self, types: &Types) -> Result<DataType> {
        let (least, most) = self.arity;
        if types.count() < least || types.count() > most {
            return types.refuse();
        }
        (self.returns)(types)
    }
}

impl ScalarUDFImpl for Adapter {
    fn name(&self) -> &str {
        self.function.documentation.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn return_type(&self, arg_types: &[DataType]) -> DataFusionResult<DataType> {
        Ok(implicit::resolve(self.function, arg_types, &[])?.result)
    }

    /// Text gets its declared length, where the arguments tell one.
    fn return_field_from_args(&self, args: ReturnFieldArgs) -> DataFusionResult<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let result = implicit::resolve(self.function, &types, args.scalar_arguments)?.result;
        let field = Field::new(self.name(), result.clone(), true);
        if result != DataType::Utf8View {
            return Ok(Arc::new(field));
        }
        let declared: Vec<_> = args.arg_fields.iter().map(|field| RedshiftType::of_field(field)).collect();
        Ok(Arc::new(match length::result_type(self.name(), &declared, args.scalar_arguments) {
            Some(declared) => declared.field(self.name(), true),
            None => field,
        }))
    }

    fn short_circuits(&self) -> bool {
        self.rewrite.is_some()
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> DataFusionResult<ExprSimplifyResult> {
        let Some(rewrite) = self.rewrite else { return Ok(ExprSimplifyResult::Original(args)) };
        let types: Vec<DataType> = args.iter().map(|arg| info.get_data_type(arg)).collect::<DataFusionResult<_>>()?;
        let known = Types::new(self.function.documentation.name, &types);
        if lazy::is_kept(&args, &types, &self.function.return_type_of(&known)?) {
            return Ok(ExprSimplifyResult::Original(args));
        }
        Ok(ExprSimplifyResult::Simplified(lazy::check(rewrite(args, &known)?)?))
    }

    fn evaluate_bounds(&self, inputs: &[&Bounds]) -> DataFusionResult<Bounds> {
        unbounded(self, inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let mut args = args;
        let function = implicit::read_super_arguments(self.function, &mut args.args)?;
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let settings = SessionSettings::of(&args.config_options);
        let call = Call {
            name: self.function.documentation.name,
            arguments: &args.args,
            rows,
            format: settings.text_format(),
            settings: &settings,
            return_type: args.return_field.data_type(),
        };
        let result = (function.invoke)(&call)?;
        if result.len() != rows || result.data_type() != call.return_type {
            return Err(Error::internal(format!(
                "{} returned {} rows of {} where {rows} of {} were due",
                call.name,
                result.len(),
                result.data_type(),
                call.return_type
            ))
            .into());
        }
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}
