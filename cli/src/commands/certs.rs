//! `blueshift certs`: certificates for TLS, and how clients are made to trust them.

use blueshift_engine::server::certificate;

use crate::{
    args::{CertsArgs, CertsCommand, GlobalArgs},
    commands::Failure,
};

/// Makes the certificates and tells what to do with them.
pub fn run(global: &GlobalArgs, args: &CertsArgs) -> Result<(), Failure> {
    let CertsCommand::Init { name, force } = &args.command;
    let files = certificate::init(&global.warehouse, name, *force)?;
    if !global.quiet {
        let authority = std::path::absolute(&files.authority).unwrap_or_else(|_| files.authority.clone());
        let authority = authority.display();
        eprintln!(
            "\
Certificate authority: {authority}
Server certificate:    {}
Server key:            {}

\"blueshift serve\" uses them from now on. Clients have to trust the authority:
  dbt-redshift and redshift_connector   export SSL_CERT_FILE={authority}
                                        (any sslmode; host localhost or 127.0.0.1)
  psql, psycopg                         sslmode=verify-full sslrootcert={authority}
  PostgreSQL JDBC                       ?sslmode=verify-full&sslrootcert={authority}",
            files.server.certificate.display(),
            files.server.key.display(),
        );
    }
    Ok(())
}
