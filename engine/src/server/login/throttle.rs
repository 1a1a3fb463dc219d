//! Addresses that guess passwords: after some failures in a row they have to wait.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::error::{Error, Result, SqlState};

/// Addresses that are remembered. Beyond it the oldest failures are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// Failed logins by address.
#[derive(Debug)]
pub struct Throttle {
    allowed: u32,
    pause: Duration,
    failures: Mutex<HashMap<String, (u32, Instant)>>,
}

impl Throttle {
    /// After `allowed` failures in a row an address waits for `pause`.
    pub fn new(allowed: u32, pause: Duration) -> Self {
        Throttle { allowed, pause, failures: Mutex::default() }
    }

    /// Errors: 28000 for an address that has to wait.
    pub fn check(&self, address: &str) -> Result<()> {
        let failures = self.failures.lock();
        match failures.get(address) {
            Some((count, last)) if *count >= self.allowed && last.elapsed() < self.pause => {
                Err(Error::new(SqlState("28000"), "too many failed logins from this address")
                    .with_hint(format!("Try again in {} seconds.", self.pause.as_secs())))
            }
            _ => Ok(()),
        }
    }

    /// A login failed.
    pub fn failed(&self, address: &str) {
        let mut failures = self.failures.lock();
        if failures.len() >= ADDRESSES_MAX {
            failures.retain(|_, (_, last)| last.elapsed() < self.pause);
            if failures.len() >= ADDRESSES_MAX
                && let Some(oldest) = failures.iter().min_by_key(|(_, (_, last))| *last).map(|(key, _)| key.clone())
            {
                failures.remove(&oldest);
            }
        }
        let (count, last) = failures.entry(address.to_owned()).or_insert((0, Instant::now()));
        // A pause is over: counting begins again.
        if last.elapsed() >= self.pause {
            *count = 0;
        }
        // Trying while waiting does not make the wait longer.
        if *count < self.allowed {
            *count += 1;
            *last = Instant::now();
        }
    }

    /// A login succeeded.
    pub fn succeeded(&self, address: &str) {
        self.failures.lock().remove(address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_make_an_address_wait() {
        let throttle = Throttle::new(2, Duration::from_secs(60));
        throttle.failed("a");
        assert!(throttle.check("a").is_ok());
        throttle.failed("a");
        assert!(throttle.check("a").is_err());
        assert!(throttle.check("b").is_ok());
        throttle.succeeded("a");
        assert!(throttle.check("a").is_ok());
        let quick = Throttle::new(1, Duration::ZERO);
        quick.failed("a");
        assert!(quick.check("a").is_ok());
    }
}
