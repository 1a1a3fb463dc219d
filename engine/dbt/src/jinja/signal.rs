//! What travels through `minijinja` errors besides errors: `return` values, and our own errors.
//!
//! dbt implements `return` as a Python exception that the macro's caller catches. The same works
//! here: [`ReturnSignal`] is the source of a template error, and the macro call takes it out again.

use std::{error::Error as StdError, fmt, path::Path};

use minijinja::{Error as JinjaError, ErrorKind as JinjaErrorKind, Value};

use crate::{Error, ErrorKind};

/// The value of a `return`, on its way to the macro's caller.
#[derive(Debug)]
pub struct ReturnSignal(pub Value);

impl fmt::Display for ReturnSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("return used outside of a macro")
    }
}

impl StdError for ReturnSignal {}

/// The template error that carries a `return`.
pub fn return_error(value: Value) -> JinjaError {
    JinjaError::new(JinjaErrorKind::InvalidOperation, "return used outside of a macro").with_source(ReturnSignal(value))
}

/// The value of the `return` that an error carries, if it does.
pub fn returned_value(error: &JinjaError) -> Option<Value> {
    source_of::<ReturnSignal>(error).map(|signal| signal.0.clone())
}

/// A template error with only a message.
pub fn fail(message: impl Into<String>) -> JinjaError {
    JinjaError::new(JinjaErrorKind::InvalidOperation, message.into())
}

/// A template error that carries one of ours, so that its class survives.
pub fn carry(error: Error) -> JinjaError {
    JinjaError::new(JinjaErrorKind::InvalidOperation, error.message.clone()).with_source(error)
}

/// Our error of a template error. `path` is where the template stands when the error does not say better.
pub fn from_jinja(error: &JinjaError, path: &Path) -> Error {
    let template = error.name().unwrap_or("").split('#').next().unwrap_or("");
    let place = if template.is_empty() || template.starts_with('<') { path } else { Path::new(template) };
    if let Some(carried) = source_of::<Error>(error) {
        return carried.clone().at(place, error.line());
    }
    let kind = if error.kind() == JinjaErrorKind::SyntaxError { ErrorKind::Parsing } else { ErrorKind::Compilation };
    let message = match (error.kind(), error.detail()) {
        (JinjaErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    Error::new(kind, message).at(place, error.line())
}

/// The first cause of type `T`.
fn source_of<T: StdError + 'static>(error: &JinjaError) -> Option<&T> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        source = cause.source();
    }
    None
}
