//! The worker threads: each takes nodes from the schedule and runs them on its own connection.

use std::{
    sync::{Arc, Condvar, Mutex, mpsc},
    thread,
};

use super::{
    Command, Runner, forward, listed,
    node::run_node,
    schedule::{Next, Schedule},
};
use crate::{
    Event, Events, NodeResult, Status,
    jinja::context::lock,
    session::{Message, Session},
};

/// Enough for templates that call macros that call macros.
const STACK_BYTES: usize = 16 << 20;

/// What the workers share.
struct Shared<'a> {
    runner: &'a Runner,
    command: Command,
    schedule: Mutex<Schedule>,
    changed: Condvar,
    results: Mutex<Vec<NodeResult>>,
    events: &'a dyn Events,
}

/// Runs everything in a schedule; returns when all nodes have a result.
pub fn run_all(
    runner: &Runner,
    command: Command,
    schedule: Schedule,
    threads: usize,
    events: &dyn Events,
) -> Vec<NodeResult> {
    let shared = Shared {
        runner,
        command,
        schedule: Mutex::new(schedule),
        changed: Condvar::new(),
        results: Mutex::default(),
        events,
    };
    thread::scope(|scope| {
        for index in 1..threads {
            let worker = || work(&shared);
            // With fewer threads than wished the run is slower, not wrong.
            let builder = thread::Builder::new().name(format!("dbt-{index}")).stack_size(STACK_BYTES);
            let _ = builder.spawn_scoped(scope, worker);
        }
        let main = thread::Builder::new().name("dbt-0".to_owned()).stack_size(STACK_BYTES);
        match main.spawn_scoped(scope, || work(&shared)) {
            Ok(_) => {}
            Err(_) => work(&shared),
        }
    });
    shared.results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One worker: until everything is done.
fn work(shared: &Shared<'_>) {
    let (sender, receiver) = mpsc::channel::<Message>();
    let session = shared.runner.session(&sender);
    loop {
        let mut schedule = lock(&shared.schedule);
        let next = loop {
            match schedule.next() {
                Next::Wait => {
                    schedule = shared.changed.wait(schedule).unwrap_or_else(std::sync::PoisonError::into_inner);
                }
                next => break next,
            }
        };
        let total = schedule.total;
        drop(schedule);
        match next {
            Next::Run(id, index) => {
                let _done = Done { shared, id: id.clone() };
                run_one(shared, &session, &receiver, &id, index, total);
            }
            Next::Skip(id, index, reason) => {
                let _done = Done { shared, id: id.clone() };
                let mut result = listed(&shared.runner.project.nodes[&id]);
                result.status = Status::Skipped;
                result.message = Some(reason);
                report(shared, index, total, result);
            }
            Next::Wait | Next::Done => break,
        }
    }
}

/// Marks a node as done when it goes out of scope, so that a bug in one node cannot leave the others waiting.
struct Done<'a, 'b> {
    shared: &'a Shared<'b>,
    id: String,
}

impl Drop for Done<'_, '_> {
    fn drop(&mut self) {
        let failed = failure_of(self.shared, &self.id);
        let mut schedule = lock(&self.shared.schedule);
        if failed.is_some() && self.shared.runner.options.fail_fast {
            schedule.stopped.get_or_insert_with(|| "Skipping due to fail_fast".to_owned());
        }
        schedule.finish(&self.id, failed);
        drop(schedule);
        self.shared.changed.notify_all();
    }
}

/// Why the descendants of a node are to be skipped, if they are.
fn failure_of(shared: &Shared<'_>, id: &str) -> Option<String> {
    let results = lock(&shared.results);
    let name = |id: &str| shared.runner.project.nodes.get(id).map_or(id.to_owned(), |node| node.name.clone());
    match results.iter().rev().find(|result| result.unique_id == id) {
        Some(result) => match result.status {
            Status::Error | Status::Fail => {
                Some(format!("Depends on {} {}, which failed", result.resource_type, name(id)))
            }
            Status::Skipped => result.message.clone(),
            _ => None,
        },
        None => Some(format!("Depends on {}, which crashed", name(id))),
    }
}

fn run_one(
    shared: &Shared<'_>,
    session: &Arc<Mutex<Session>>,
    receiver: &mpsc::Receiver<Message>,
    id: &str,
    index: usize,
    total: usize,
) {
    let node = &shared.runner.project.nodes[id];
    let description = node.describe();
    if shared.command.builds() {
        shared.events.event(&Event::Started { index, total, description: &description, unique_id: id });
    }
    let (result, cancelled) = run_node(shared.runner, shared.command, session, node);
    receiver.try_iter().for_each(|message| forward(&message, shared.events));
    if cancelled {
        lock(&shared.schedule).stopped.get_or_insert_with(|| "The run was cancelled".to_owned());
    }
    report(shared, index, total, result);
}

fn report(shared: &Shared<'_>, index: usize, total: usize, result: NodeResult) {
    let description = shared.runner.project.nodes[&result.unique_id].describe();
    if shared.command.builds() || result.status.is_failure() {
        shared.events.event(&Event::Finished { index, total, description: &description, result: &result });
    }
    lock(&shared.results).push(result);
}
