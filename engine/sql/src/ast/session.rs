//! Session parameters.

use super::{Ident, TransactionModes};

/// `SET [SESSION|LOCAL] name {TO|=} values`.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    /// `LOCAL`: until the end of the transaction.
    pub local: bool,
    /// Lower-case name, with a dot for custom parameters (`dbt.x`). `TIME ZONE` is `timezone`, `SEED` is `seed`.
    pub name: String,
    /// The value.
    pub value: SetValue,
}

/// Value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum SetValue {
    /// `DEFAULT`.
    Default,
    /// One or more values (`search_path` takes a list).
    Values(Vec<ParameterValue>),
}

/// One value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue {
    /// A bare or quoted identifier, e.g. `on`, `"$user"`.
    Word(Ident),
    /// A string literal.
    String(String),
    /// A number as written, with its sign.
    Number(String),
    /// `INTERVAL '…' [HOUR TO MINUTE]` as written (`SET TIME ZONE`).
    Interval(String),
}

impl ParameterValue {
    /// The value as plain text.
    pub fn as_str(&self) -> &str {
        match self {
            ParameterValue::Word(word) => &word.value,
            ParameterValue::String(text) | ParameterValue::Number(text) | ParameterValue::Interval(text) => text,
        }
    }
}

impl SetValue {
    /// The values joined by `, ` as plain text; `None` for `DEFAULT`.
    pub fn text(&self) -> Option<String> {
        match self {
            SetValue::Default => None,
            SetValue::Values(values) => Some(values.iter().map(ParameterValue::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// `RESET name | ALL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// Lower-case name; `None` is `ALL`.
    pub name: Option<String>,
}

/// `SET [SESSION|LOCAL] SESSION AUTHORIZATION user | DEFAULT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSessionAuthorization {
    /// `LOCAL`.
    pub local: bool,
    /// The user; `None` is `DEFAULT`, and `RESET SESSION AUTHORIZATION`.
    pub user: Option<String>,
}

/// `SET TRANSACTION modes` or `SET SESSION CHARACTERISTICS AS TRANSACTION modes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTransaction {
    /// `SESSION CHARACTERISTICS`: for all later transactions of the session.
    pub session: bool,
    /// Modes.
    pub modes: TransactionModes,
}
