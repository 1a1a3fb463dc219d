//! `blueshift serve`: the warehouse on a port, for every client of Redshift.

use std::time::Duration;

use blueshift_engine::{
    Engine,
    error::{Error, Result, SqlState},
    server::{Authentication, Limits, Server, ServerConfig, TlsFiles, certificate::CertificateFiles},
};
use tracing_subscriber::filter::LevelFilter;

use crate::{
    args::{Auth, GlobalArgs, ServeArgs},
    client,
    commands::Failure,
};

/// Threads beside those of queries, so that new connections and requests to cancel are answered while
/// every worker is busy.
const EXTRA_THREADS: usize = 2;

/// Serves until Ctrl-C or SIGTERM.
pub fn run(global: &GlobalArgs, args: &ServeArgs) -> std::result::Result<(), Failure> {
    start_logs(global);
    let config = server_config(global, args);
    // Before the warehouse is opened: a mistake should not take long to learn of.
    config.check()?;
    let runtime = client::runtime(global.config().threads + EXTRA_THREADS)?;
    runtime.block_on(async {
        let engine = Engine::open(global.config())?;
        let server = Server::bind(engine, config.clone()).await?;
        if !global.quiet {
            banner(global, &config, &server)?;
        }
        let stop = stop_signal()?;
        server.run(stop).await;
        Ok::<(), Error>(())
    })?;
    // What is left are statements that did not stop; the process need not wait for them.
    runtime.shutdown_timeout(Duration::from_secs(1));
    if !global.quiet {
        eprintln!("stopped");
    }
    Ok(())
}

fn server_config(global: &GlobalArgs, args: &ServeArgs) -> ServerConfig {
    let given = args.tls_cert.clone().zip(args.tls_key.clone());
    let given = given.map(|(certificate, key)| TlsFiles { certificate, key });
    let own = CertificateFiles::of_warehouse(&global.warehouse);
    // When some are there, all have to be: a missing file must not turn TLS off.
    let tls = given.or_else(|| own.exist().then_some(own.server));
    ServerConfig {
        listen: args.listen,
        tls,
        authentication: match args.auth {
            Auth::Trust => Authentication::Trust,
            Auth::Md5 => Authentication::Md5,
            Auth::ScramSha256 => Authentication::ScramSha256,
        },
        limits: Limits {
            connections: args.max_connections,
            idle_timeout: args.idle_timeout.map(Duration::from_secs),
            ..Limits::default()
        },
    }
}

fn banner(global: &GlobalArgs, config: &ServerConfig, server: &Server) -> Result<()> {
    let address = server.address()?;
    let engine = global.config();
    let authentication = match config.authentication {
        Authentication::Trust => format!("none: every program on this machine is let in, as {}", engine.user),
        other => other.name().to_owned(),
    };
    let tls = match &config.tls {
        Some(files) => format!("on, with {}", files.certificate.display()),
        None => "off; \"blueshift certs init\" makes certificates (dbt: sslmode: disable)".to_owned(),
    };
    eprintln!(
        "\
blueshift serves \"{}\" on {address}
  authentication  {authentication}
  TLS             {tls}
  connect with    psql \"host={} port={} dbname={} user={}\"
Ctrl-C stops it.",
        global.warehouse.display(),
        address.ip(),
        address.port(),
        engine.database,
        engine.user,
    );
    Ok(())
}

/// Logs of the server go to stderr.
fn start_logs(global: &GlobalArgs) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::WARN,
        (_, true) => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    // Only the first one counts, and there is no other.
    let _ = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_ansi(false).try_init();
}

/// Completes at Ctrl-C or SIGTERM. The signals are caught from now on.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let failed = |error| Error::new(SqlState::IO_ERROR, format!("cannot wait for signals: {error}"));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        let _ = failed;
        Ok(async {
            let _ = tokio::signal::ctrl_c().await;
        })
    }
}
