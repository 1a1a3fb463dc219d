//! Chinook-shaped raw CSV at any scale, deterministic by seed.
