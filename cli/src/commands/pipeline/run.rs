//! Runs the pipeline once, or again and again as new objects arrive.

use std::{fs, thread, time::Duration};

use blueshift_engine::{
    Engine,
    error::Error,
    lake::{
        Location,
        source::{ObjectInfo, Source},
    },
    pipeline::{self, PipelineOptions, PipelineReport},
};
use tokio::runtime::Runtime;

use super::{console::Console, html, summary};
use crate::{
    args::{GlobalArgs, PipelineArgs},
    client,
    commands::Failure,
    message,
};

/// `--watch` lists the source so often.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Runs the pipeline and reports.
pub fn run(global: &GlobalArgs, args: &PipelineArgs) -> Result<(), Failure> {
    let options = PipelineOptions {
        project: args.project.clone(),
        source: args.source.clone(),
        full_refresh: args.full_refresh,
        select: args.select.clone(),
        compare_with_csv: args.compare_csv,
        ..PipelineOptions::default()
    };
    let config = global.config();
    let runtime = client::runtime(config.threads)?;
    let engine = {
        let _entered = runtime.enter();
        Engine::open(config)?
    };
    let run = Run { global, args, runtime: &runtime, engine: &engine };
    if args.watch { run.watch(options) } else { run.once(&options) }
}

struct Run<'r> {
    global: &'r GlobalArgs,
    args: &'r PipelineArgs,
    runtime: &'r Runtime,
    engine: &'r Engine,
}

impl Run<'_> {
    fn once(&self, options: &PipelineOptions) -> Result<(), Failure> {
        let console = Console::new(self.global.quiet, self.global.verbose);
        let result = pipeline::run(self.engine, self.runtime.handle(), options, &console);
        console.close();
        let report = result?;
        self.tell(&report)?;
        if report.success() { Ok(()) } else { Err(Failure::Reported) }
    }

    fn tell(&self, report: &PipelineReport) -> Result<(), Failure> {
        if !self.global.quiet {
            report.notices.iter().for_each(|notice| eprintln!("NOTICE: {notice}"));
        }
        summary::print_failures(report);
        summary::print(report)?;
        if let Some(file) = &self.args.report {
            fs::write(file, html::page(report))
                .map_err(|error| Error::io(format!("cannot write \"{}\"", file.display()), error))?;
        }
        Ok(())
    }

    /// Runs now, and again whenever the objects have changed and then stayed the same for a while:
    /// an object that is still being written is not read. A failed run does not end the watch.
    fn watch(&self, mut options: PipelineOptions) -> Result<(), Failure> {
        let project_raw = options.project.join("raw");
        let text = options.source.clone().unwrap_or_else(|| project_raw.to_string_lossy().into_owned());
        let source = Source::open(&Location::parse(&text)?, self.engine.object_stores())?;
        let mut seen = source.list()?;
        let mut loaded = None;
        loop {
            if loaded.as_ref() != Some(&seen) {
                match self.once(&options) {
                    Ok(()) | Err(Failure::Reported) => {}
                    Err(Failure::Error(error)) => message::print_error(&error, None),
                    Err(other) => return Err(other),
                }
                // Only the first run starts from nothing.
                options.full_refresh = false;
                loaded = Some(seen);
                if !self.global.quiet {
                    eprintln!("Watching {text} for new objects; Ctrl-C ends.");
                }
            }
            seen = settled(&source);
        }
    }
}

/// Waits until two listings in a row are the same. A store that cannot be reached is asked again.
fn settled(source: &Source) -> Vec<ObjectInfo> {
    let mut last = None;
    loop {
        thread::sleep(WATCH_INTERVAL);
        match source.list() {
            Ok(now) if last.as_ref() == Some(&now) => return now,
            Ok(now) => last = Some(now),
            Err(error) => message::print_error(&error, None),
        }
    }
}
