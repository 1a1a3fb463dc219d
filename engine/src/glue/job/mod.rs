//! The Glue job: raw CSV objects to ORC.

pub mod infer;
pub mod scanner;
pub mod value;
