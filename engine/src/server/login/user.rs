//! Users of the warehouse, as far as a login concerns them.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    Engine,
    error::{Error, Result, SqlState},
    functions::datetime::{literal, zone::Zone},
    security::{User, user},
    server::Credential,
};

/// Who logs in.
#[derive(Debug)]
pub struct LoginUser {
    /// The name that the session gets.
    pub name: String,
    /// Whether it is a superuser.
    pub superuser: bool,
    /// What the password is checked against; None: no password fits.
    pub credential: Option<Credential>,
    /// SESSION TIMEOUT.
    pub session_timeout: Option<Duration>,
    /// ALTER USER … SET.
    pub settings: Vec<(String, String)>,
    connection_limit: Option<i64>,
}

/// The user of that name. One who does not exist has no credential; where everybody is trusted, they
/// come in as the user to whom the warehouse belongs.
pub fn find(engine: &Engine, name: &str, trusted: bool) -> Result<LoginUser> {
    let snapshot = engine.catalog_snapshot()?;
    let owner = &engine.config().user;
    let name = name.to_lowercase();
    let found = match user(&snapshot, owner, &name) {
        None if trusted => user(&snapshot, owner, owner),
        found => found,
    };
    Ok(match found {
        Some(user) => of_record(user),
        None => LoginUser {
            name,
            superuser: false,
            credential: None,
            session_timeout: None,
            settings: vec![],
            connection_limit: None,
        },
    })
}

fn of_record(user: User) -> LoginUser {
    let expired = user.valid_until.as_deref().is_some_and(|until| has_passed(until, Utc::now()));
    // A credential that cannot be read is none: nobody gets in by a damaged record.
    let credential = user.credential.and_then(|value| serde_json::from_value(value).ok());
    LoginUser {
        name: user.name,
        superuser: user.superuser,
        credential: credential.filter(|_| !expired),
        session_timeout: user.session_timeout.map(Duration::from_secs),
        settings: user.settings.into_iter().collect(),
        connection_limit: user.connection_limit,
    }
}

impl LoginUser {
    /// Errors: 53300 for a user who is connected as often as allowed.
    pub fn check_connections(&self, engine: &Engine) -> Result<()> {
        let Some(limit) = self.connection_limit.filter(|limit| *limit >= 0 && !self.superuser) else { return Ok(()) };
        let connected = engine.registry().sessions().iter().filter(|session| session.user == self.name).count();
        if connected as i64 >= limit {
            return Err(Error::new(SqlState("53300"), format!("too many connections for user \"{}\"", self.name)));
        }
        Ok(())
    }
}

/// Whether a password's time (VALID UNTIL) is over. A text that is no time has no end, as `infinity`.
fn has_passed(until: &str, now: DateTime<Utc>) -> bool {
    literal::parse_timestamptz(until, &Zone::Fixed(0)).is_ok_and(|until| until < now.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_an_end() {
        let now = DateTime::from_timestamp(1_704_067_200, 0).unwrap();
        for (until, passed) in
            [("2023-12-31", true), ("2024-01-02", false), ("2023-12-31 23:59:59+00", true), ("infinity", false)]
        {
            assert_eq!(has_passed(until, now), passed, "{until}");
        }
    }
}
