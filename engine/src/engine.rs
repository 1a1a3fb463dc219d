//! An opened warehouse.
