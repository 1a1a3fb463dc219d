//! Passwords as they are kept: never themselves, only what a login is checked against. An MD5
//! verifier for `--auth md5` and a SCRAM one for `--auth scram-sha-256`.

use md5::{Digest, Md5};
use pgwire::api::auth::sasl::scram::{SCRAM_ITERATIONS, ScramSecret, gen_salted_password};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, SqlState};

/// Shortest and longest password.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=64;

/// What a login is checked against. Serialisable, to be kept in the record of a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// MD5 of password and user name, in hexadecimal.
    md5: Option<String>,
    /// SCRAM-SHA-256.
    scram: Option<ScramVerifier>,
}

/// A SCRAM-SHA-256 verifier; bytes in hexadecimal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ScramVerifier {
    iterations: usize,
    salt: String,
    stored_key: String,
    server_key: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential")
    }
}

impl Credential {
    /// What `PASSWORD 'text'` of CREATE USER and ALTER USER says: a password, the MD5 of password and
    /// user name as `md5…`, or a password for SHA-256 only as `sha256|…`.
    ///
    /// Errors: 22023 for a password that Redshift refuses, 0A000 for a SHA-256 digest.
    pub fn from_sql(user: &str, text: &str) -> Result<Credential> {
        if let Some(digest) = text.strip_prefix("md5").filter(|digest| is_hex(digest, 32)) {
            return Ok(Credential { md5: Some(digest.to_ascii_lowercase()), scram: None });
        }
        if let Some(rest) = text.strip_prefix("sha256|") {
            if rest.contains('|') {
                return Err(Error::not_supported("a password given as a SHA-256 digest"));
            }
            check_strength(rest)?;
            return Ok(Credential { md5: None, scram: Some(ScramVerifier::new(rest)) });
        }
        check_strength(text)?;
        let md5 = hex(&Md5::digest(format!("{text}{user}")));
        Ok(Credential { md5: Some(md5), scram: Some(ScramVerifier::new(text)) })
    }

    /// Whether `answer` is what a client has to answer to `salt` (`md5` and the digest).
    /// False when the password is not kept for MD5.
    pub(crate) fn accepts_md5(&self, salt: [u8; 4], answer: &str) -> bool {
        let Some(kept) = &self.md5 else { return false };
        let expected = md5_answer(kept, salt);
        same(expected.as_bytes(), answer.as_bytes())
    }

    /// The secret for SCRAM; None when the password is not kept for it.
    pub(crate) fn scram_secret(&self) -> Option<ScramSecret> {
        let scram = self.scram.as_ref()?;
        Some(ScramSecret::Verifier {
            salt: bytes(&scram.salt)?,
            iterations: scram.iterations,
            stored_key: bytes(&scram.stored_key)?,
            server_key: bytes(&scram.server_key)?,
        })
    }
}

/// A secret that no password fits, so that a user who does not exist cannot be told from one who does.
pub(crate) fn impossible_secret() -> ScramSecret {
    ScramSecret::Verifier {
        salt: random().to_vec(),
        iterations: SCRAM_ITERATIONS,
        stored_key: [random(), random()].concat(),
        server_key: [random(), random()].concat(),
    }
}

/// What a client answers to `salt`, given the MD5 of password and user name.
fn md5_answer(kept: &str, salt: [u8; 4]) -> String {
    let mut hasher = Md5::new();
    hasher.update(kept.as_bytes());
    hasher.update(salt);
    format!("md5{}", hex(&hasher.finalize()))
}

impl ScramVerifier {
    fn new(password: &str) -> Self {
        let salt = random().to_vec();
        let salted = gen_salted_password(password, &salt, SCRAM_ITERATIONS);
        match ScramSecret::verifier_from_salted_password(salt, salted, SCRAM_ITERATIONS) {
            ScramSecret::Verifier { salt, iterations, stored_key, server_key } => ScramVerifier {
                iterations,
                salt: hex(&salt),
                stored_key: hex(&stored_key),
                server_key: hex(&server_key),
            },
            // Never made by the function above.
            ScramSecret::SaltedPassword { .. } => ScramVerifier {
                iterations: SCRAM_ITERATIONS,
                salt: String::new(),
                stored_key: String::new(),
                server_key: String::new(),
            },
        }
    }
}

/// Redshift's rules: 8 to 64 characters, with an upper-case and a lower-case letter and a digit, none
/// of `'`, `"`, `\`, `/`, `@` and blanks.
fn check_strength(password: &str) -> Result<()> {
    let invalid = |why: &str| Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "Invalid password").with_detail(why));
    if !PASSWORD_LENGTH.contains(&password.chars().count()) {
        return invalid("Password must be 8 to 64 characters long.");
    }
    if password.chars().any(|c| c.is_ascii_control() || "'\"\\/@ ".contains(c)) {
        return invalid("Password cannot contain control characters, spaces or any of ' \" \\ / @.");
    }
    let has = |test: fn(&u8) -> bool| password.bytes().any(|byte| test(&byte));
    if !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)) {
        return invalid("Password must contain an uppercase letter, a lowercase letter and a number.");
    }
    Ok(())
}

/// Sixteen bytes that nobody can guess.
pub(crate) fn random() -> [u8; 16] {
    // Version 4 has 122 random bits; hashing spreads them over all bytes.
    let mut hasher = Md5::new();
    hasher.update(uuid::Uuid::new_v4().as_bytes());
    hasher.update(uuid::Uuid::new_v4().as_bytes());
    hasher.finalize().into()
}

/// Compares in a time that does not depend on where the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() {
        return None;
    }
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn md5_answers_are_postgresqls() {
        // The case of pgwire's own test.
        let kept = hex(&Md5::digest("themanwhochangedchinazmjiang"));
        assert_eq!(md5_answer(&kept, [20, 247, 107, 249]), "md521fe459d77d3e3ea9c9fcd5c11030d30");
        let credential = Credential::from_sql("zmjiang", &format!("md5{kept}")).unwrap();
        assert!(credential.accepts_md5([20, 247, 107, 249], "md521fe459d77d3e3ea9c9fcd5c11030d30"));
        assert!(!credential.accepts_md5([20, 247, 107, 248], "md521fe459d77d3e3ea9c9fcd5c11030d30"));
    }

    #[test]
    fn passwords_are_not_kept_and_weak_ones_refused() {
        let credential = Credential::from_sql("ann", "Secret123").unwrap();
        let kept = serde_json::to_string(&credential).unwrap();
        assert!(!kept.contains("Secret123"));
        assert_eq!(serde_json::from_str::<Credential>(&kept).unwrap(), credential);
        assert!(credential.scram_secret().is_some());
        for weak in
            ["short1A", "nouppercase1", "NOLOWERCASE1", "NoDigitsHere", "With Blank1", "At@Sign123", "sha256|a|b"]
        {
            assert!(Credential::from_sql("ann", weak).is_err(), "{weak}");
        }
        assert!(Credential::from_sql("ann", "sha256|Secret123").unwrap().md5.is_none());
    }
}
