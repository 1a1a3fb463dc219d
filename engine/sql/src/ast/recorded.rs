//! Commands that a local warehouse can only take note of.

use super::ObjectName;

/// A command that is parsed to its name and kept as text: machine-learning models, identity providers, templates,
/// `ALTER SYSTEM`.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The command's words, e.g. `CREATE MODEL`.
    pub command: &'static str,
    /// The object it names, when it names one.
    pub name: Option<ObjectName>,
    /// Everything after the name, spaces normalised.
    pub rest: String,
}
