//! Runs tasks on a fixed number of threads, in order, and stops at the first error.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::error::{Error, Result};

/// Runs `work` on every task with up to `threads` threads; results come in the tasks' order.
pub fn run<'t, T: Sync, R: Send>(
    threads: usize,
    tasks: &'t [T],
    work: impl Fn(usize, &'t T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results: Vec<Mutex<Option<Result<R>>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
    let worker = || {
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(index) else { return };
            let result = work(index, task);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            *results[index].lock() = Some(result);
        }
    };
    let joined = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.clamp(1, tasks.len().max(1))).map(|_| scope.spawn(worker)).collect();
        handles.into_iter().map(|handle| handle.join()).collect::<Vec<_>>()
    });
    if joined.iter().any(std::thread::Result::is_err) {
        return Err(Error::internal("a worker of the Glue job panicked"));
    }
    let mut done = Vec::with_capacity(tasks.len());
    let mut stopped = false;
    for result in results {
        match result.into_inner() {
            Some(result) => done.push(result?),
            None => stopped = true, // an earlier or later task failed first
        }
    }
    if stopped { Err(Error::internal("the Glue job stopped early")) } else { Ok(done) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_and_errors_stop() {
        let tasks: Vec<usize> = (0..100).collect();
        assert_eq!(run(4, &tasks, |_, t| Ok(t * 2)).unwrap(), tasks.iter().map(|t| t * 2).collect::<Vec<_>>());
        let error = run(4, &tasks, |_, t| if *t == 50 { Err(Error::internal("fifty")) } else { Ok(()) }).unwrap_err();
        assert_eq!(error.message(), "fifty");
        assert!(run(2, &[] as &[usize], |_, _| Ok(())).unwrap().is_empty());
    }
}
