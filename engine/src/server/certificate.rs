//! A certificate authority for one warehouse, and a server certificate signed by it, good for this
//! machine only. Clients that are told to trust `ca.pem` can then verify the server as they verify
//! Amazon's.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use chrono::{Datelike, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use super::TlsFiles;
use crate::error::{Error, Result, SqlState};

/// Folder of the certificates in a warehouse.
pub const FOLDER: &str = "certs";
const AUTHORITY: &str = "ca.pem";
const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server.key";
/// Years that the certificates are good for.
const YEARS: i32 = 10;

/// Files of a certificate folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// What clients have to trust.
    pub authority: PathBuf,
    /// What the server shows.
    pub server: TlsFiles,
}

impl CertificateFiles {
    /// Where the files of a warehouse are.
    pub fn of_warehouse(warehouse: &Path) -> Self {
        let folder = warehouse.join(FOLDER);
        CertificateFiles {
            authority: folder.join(AUTHORITY),
            server: TlsFiles { certificate: folder.join(CERTIFICATE), key: folder.join(KEY) },
        }
    }

    /// Whether any of them is there.
    pub fn exist(&self) -> bool {
        [&self.authority, &self.server.certificate, &self.server.key].iter().any(|path| path.exists())
    }
}

/// Makes an authority and a server certificate for `localhost`, 127.0.0.1, ::1 and `names`. The
/// authority's key is not kept: nobody can sign anything else with it.
///
/// Errors: files that are there already, unless `replace`.
pub fn init(warehouse: &Path, names: &[String], replace: bool) -> Result<CertificateFiles> {
    let files = CertificateFiles::of_warehouse(warehouse);
    if files.exist() && !replace {
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!("there are certificates in \"{}\" already", warehouse.join(FOLDER).display()),
        )
        .with_hint("Clients may trust them. Give --force to make new ones."));
    }
    let failed = |error: rcgen::Error| Error::internal(format!("certificates could not be made: {error}"));

    let today = Utc::now();
    let begins = date_time_ymd(today.year() - 1, 1, 1);
    let ends = date_time_ymd(today.year() + YEARS, 1, 1);

    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "blueshift local CA");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (authority.not_before, authority.not_after) = (begins, ends);
    let authority_key = KeyPair::generate().map_err(failed)?;
    let authority_certificate = authority.self_signed(&authority_key).map_err(failed)?;
    let issuer = Issuer::new(authority, authority_key);

    let mut all_names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    all_names.extend(names.iter().filter(|name| !["localhost", "127.0.0.1", "::1"].contains(&name.as_str())).cloned());
    let mut server = CertificateParams::new(all_names).map_err(failed)?;
    server.distinguished_name.push(DnType::CommonName, "blueshift");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.use_authority_key_identifier_extension = true;
    (server.not_before, server.not_after) = (begins, ends);
    let server_key = KeyPair::generate().map_err(failed)?;
    let server_certificate = server.signed_by(&server_key, &issuer).map_err(failed)?;

    let folder = warehouse.join(FOLDER);
    fs::create_dir_all(&folder)
        .map_err(|error| Error::io(format!("could not create \"{}\"", folder.display()), error))?;
    write(&files.server.key, &server_key.serialize_pem(), true)?;
    write(&files.server.certificate, &server_certificate.pem(), false)?;
    write(&files.authority, &authority_certificate.pem(), false)?;
    Ok(files)
}

/// Writes a file; a secret one can be read by its owner only, from its first byte on.
fn write(path: &Path, text: &str, secret: bool) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = secret;
    let written = match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => options.open(path).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())),
    };
    written.map_err(|error| Error::io(format!("could not write \"{}\"", path.display()), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_made_once_and_can_be_served() {
        let warehouse = tempfile::tempdir().unwrap();
        let files = init(warehouse.path(), &["warehouse.local".to_owned()], false).unwrap();
        assert!(super::super::tls::acceptor(&files.server).is_ok());
        assert!(init(warehouse.path(), &[], false).is_err());
        init(warehouse.path(), &[], true).unwrap();
        // A key that belongs to another certificate.
        let other = tempfile::tempdir().unwrap();
        let other = init(other.path(), &[], false).unwrap();
        let mixed = TlsFiles { certificate: files.server.certificate, key: other.server.key };
        assert!(super::super::tls::acceptor(&mixed).is_err());
    }
}
