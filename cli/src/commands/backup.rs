//! `blueshift snapshot` and `blueshift restore`: copies of a whole warehouse.

use blueshift_engine::Engine;

use crate::{
    args::{CopyArgs, GlobalArgs},
    commands::Failure,
};

/// Copies the warehouse while others may use it.
pub fn snapshot(global: &GlobalArgs, args: &CopyArgs) -> Result<(), Failure> {
    let copied = Engine::open(global.config())?.copy_to(&args.folder)?;
    report(global, "copied", copied.files, copied.bytes);
    Ok(())
}

/// Makes a warehouse of a copy, and checks it.
pub fn restore(global: &GlobalArgs, args: &CopyArgs) -> Result<(), Failure> {
    let copied = Engine::restore(&args.folder, &global.warehouse)?;
    report(global, "restored", copied.files, copied.bytes);
    super::verify::run(global)
}

fn report(global: &GlobalArgs, done: &str, files: u64, bytes: u64) {
    if !global.quiet {
        eprintln!("{files} files, {bytes} bytes {done}");
    }
}
