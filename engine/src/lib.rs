//! The blueshift engine: a local Amazon Redshift on DataFusion.
