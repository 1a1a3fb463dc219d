//! An ORC v1 writer for Arrow record batches.
