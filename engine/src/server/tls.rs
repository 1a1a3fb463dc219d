//! TLS from certificate files. Whatever is wrong with them stops the start: a server that silently
//! went on without encryption would be worse than none.

use std::{path::Path, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::TlsFiles;
use crate::{
    error::{Error, Result, SqlState},
    storage::{FileSystem, LocalFileSystem},
};

/// The protocol's name for clients that begin with TLS at once.
const APPLICATION_PROTOCOL: &[u8] = b"postgresql";

/// An acceptor of TLS connections.
///
/// Errors: files that are missing, hold no certificate or key, or do not belong together.
pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor> {
    let certificate = read(&files.certificate)?;
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&certificate)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| broken(&files.certificate, error))?;
    if certificates.is_empty() {
        return Err(broken(&files.certificate, "it holds no certificate"));
    }
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(|error| broken(&files.key, error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| broken(&files.certificate, error))?;
    config.alpn_protocols = vec![APPLICATION_PROTOCOL.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let file = LocalFileSystem.open(path)?;
    let length = usize::try_from(file.len()).map_err(|_| broken(path, "it is too long"))?;
    let bytes =
        file.read_at(0, length).map_err(|error| Error::io(format!("could not read \"{}\"", path.display()), error))?;
    Ok(bytes.to_vec())
}

fn broken(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(SqlState("F0000"), format!("TLS cannot be used: \"{}\": {why}", path.display()))
        .with_hint("\"blueshift certs init\" makes a certificate and a key.")
}
