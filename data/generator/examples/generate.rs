//! `cargo run -p blueshift-generator --example generate -- OUT_DIR [SCALE] [SEED] [DIRTY_RATE]`:
//! generates without building the engine. `blueshift generate` is the real command.

use std::{error::Error, path::Path};

use blueshift_generator::{Options, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(out_dir) = arguments.first() else {
        return Err("usage: generate OUT_DIR [SCALE] [SEED] [DIRTY_RATE]".into());
    };
    let mut options = Options::default();
    if let Some(scale) = arguments.get(1) {
        options.scale = scale.parse()?;
    }
    if let Some(seed) = arguments.get(2) {
        options.seed = seed.parse()?;
    }
    if let Some(rate) = arguments.get(3) {
        options.dirty_rate = rate.parse()?;
    }
    let summary = generate(&options, Path::new(out_dir), |_, _| {})?;
    for table in &summary.tables {
        eprintln!("{}: {} rows, {} written, {} bytes", table.table, table.rows, table.rows_written, table.bytes);
        for (kind, count) in &table.dirt {
            eprintln!("  {}: {count}", kind.label());
        }
    }
    Ok(())
}
