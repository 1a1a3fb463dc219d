//! Where objects are: a local path, a `file://` or an `s3://` URL, parsed and checked.
//!
//! A location carries no credentials: a URL that holds some is refused without being repeated,
//! because locations are printed in errors, reports and system views.

use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

use url::Url;

use crate::error::{Error, Result, SqlState};

/// A folder or object, locally or in S3.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// An absolute path of this machine, free of `.` and `..`.
    Local(PathBuf),
    /// `s3://bucket/key`; the key has no leading slash and may be empty.
    S3 {
        /// The bucket.
        bucket: String,
        /// The key or key prefix.
        key: String,
    },
}

impl Location {
    /// Parses a path or URL; a relative path is taken from the current directory.
    pub fn parse(text: &str) -> Result<Location> {
        let text = text.trim();
        if text.is_empty() {
            return Err(invalid("the location is empty"));
        }
        if text.contains('\0') {
            return Err(invalid("the location contains a NUL character"));
        }
        match text.split_once("://") {
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "s3" | "s3a" | "s3n" => parse_s3(rest),
                "file" => parse_file(text),
                other => Err(Error::not_supported(format!("a location of scheme \"{other}\""))
                    .with_hint("Use a local path, file:// or s3://bucket/prefix.")),
            },
            None => local(Path::new(text)),
        }
    }

    /// The location of `name` inside this one; `name` may hold slashes, but cannot lead out.
    pub fn join(&self, name: &str) -> Result<Location> {
        check_segments(name)?;
        Ok(match self {
            Location::Local(path) => Location::Local(path.join(name)),
            Location::S3 { bucket, key } => {
                let separator = if key.is_empty() || key.ends_with('/') { "" } else { "/" };
                Location::S3 { bucket: bucket.clone(), key: format!("{key}{separator}{name}") }
            }
        })
    }

    /// The same place with symbolic links resolved, so that one folder has one name.
    pub fn canonical(&self) -> Location {
        match self {
            Location::Local(path) => Location::Local(resolve_links(path)),
            Location::S3 { bucket, key } => {
                Location::S3 { bucket: bucket.clone(), key: key.trim_end_matches('/').to_owned() }
            }
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Local(path) => write!(f, "{}", path.display()),
            Location::S3 { bucket, key } => write!(f, "s3://{bucket}/{key}"),
        }
    }
}

/// Resolves symbolic links of the longest part of `path` that exists.
pub(crate) fn resolve_links(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), path.strip_prefix(ancestor)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_path_buf()
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn parse_s3(rest: &str) -> Result<Location> {
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.contains('@') || bucket.contains(':') {
        // Not repeated: the text before the @ is a secret.
        return Err(invalid("an s3:// location cannot carry credentials or a port")
            .with_hint("Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL in the environment."));
    }
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if bucket.is_empty() || !bucket.chars().all(valid) || bucket.chars().all(|c| c == '.') {
        return Err(invalid(format!("invalid S3 bucket name \"{bucket}\"")));
    }
    check_segments(key)?;
    Ok(Location::S3 { bucket: bucket.to_owned(), key: key.trim_start_matches('/').to_owned() })
}

fn parse_file(text: &str) -> Result<Location> {
    let url = Url::parse(text).map_err(|e| invalid(format!("invalid file:// location: {e}")))?;
    let path = url.to_file_path().map_err(|()| invalid("a file:// location must name a local absolute path"))?;
    local(&path)
}

fn local(path: &Path) -> Result<Location> {
    let absolute = std::path::absolute(path).map_err(|e| Error::io("cannot resolve the location", e))?;
    let mut clean = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    Ok(Location::Local(clean))
}

/// A key must not lead out of its bucket or folder once it becomes a path.
fn check_segments(key: &str) -> Result<()> {
    if key.split(['/', '\\']).any(|s| s == "..") || key.contains('\0') {
        return Err(invalid(format!("the location \"{}\" leads outside its folder", key.escape_default())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_paths_and_urls() {
        assert_eq!(Location::parse("/a/./b/../c").unwrap(), Location::Local("/a/c".into()));
        assert_eq!(Location::parse("file:///a/b%20c").unwrap(), Location::Local("/a/b c".into()));
        let s3 = Location::parse("s3://my-bucket/raw/chinook/").unwrap();
        assert_eq!(s3.to_string(), "s3://my-bucket/raw/chinook/");
        assert_eq!(s3.join("Invoice/1.csv").unwrap().to_string(), "s3://my-bucket/raw/chinook/Invoice/1.csv");
        assert_eq!(Location::parse("S3://b").unwrap(), Location::S3 { bucket: "b".into(), key: String::new() });
        assert!(matches!(Location::parse("raw").unwrap(), Location::Local(p) if p.is_absolute()));
    }

    #[test]
    fn refuses_what_leads_astray() {
        for bad in ["", " ", "s3://", "s3:///key", "s3://../key", "s3://b/../../etc/passwd", "a\0b"] {
            assert!(Location::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Location::parse("http://host/x").unwrap_err().state(), SqlState::FEATURE_NOT_SUPPORTED);
        assert!(Location::parse("s3://b/k").unwrap().join("../x").is_err());
    }

    #[test]
    fn never_repeats_credentials() {
        let error = Location::parse("s3://AKIAEXAMPLE:topsecret@bucket/key").unwrap_err();
        let text = format!("{error} {:?} {:?}", error.detail(), error.hint());
        assert!(!text.contains("topsecret") && !text.contains("AKIAEXAMPLE"), "{text}");
    }
}
