//! What the client says first: whether it wants TLS, whether it wants to cancel something, and who it
//! is. Every key of the startup message is accepted, as Redshift's drivers send keys of their own.

use bytes::Bytes;
use pgwire::messages::{Message, response::SslResponse};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::LoginError;
use crate::{
    error::{Error, Result, SqlState},
    server::{
        config::STARTUP_BYTES_MAX,
        listener::ServerState,
        message::{Body, Duplex, protocol_violation},
    },
};

const SSL_REQUEST: i32 = 80_877_103;
const GSS_REQUEST: i32 = 80_877_104;
const CANCEL_REQUEST: i32 = 80_877_102;
const MAJOR_VERSION: i32 = 3;
/// First byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;
/// Requests for encryption before the startup message: TLS and GSS, each once.
const NEGOTIATIONS_MAX: usize = 2;

/// What the client wants.
pub enum First {
    /// A session.
    Startup {
        /// The connection, encrypted when that was agreed.
        stream: Box<dyn Duplex>,
        /// Who it is.
        startup: Startup,
        /// Version of TLS; empty without.
        tls: String,
    },
    /// The statement of another session to stop.
    Cancel {
        /// Its process id.
        process_id: i32,
        /// Its secret.
        secret: i32,
    },
}

/// A startup message.
#[derive(Debug, Default)]
pub struct Startup {
    /// The user.
    pub user: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// Minor version of the protocol.
    pub minor_version: i32,
    /// Session parameters, in order: names in lower case.
    pub parameters: Vec<(String, String)>,
    /// Options of the protocol (`_pq_.…`) that are not known.
    pub unknown_options: Vec<String>,
}

impl Startup {
    /// The last value of a parameter; empty when there is none.
    pub fn value(&self, name: &str) -> String {
        self.parameters
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }
}

/// Parameters that a client relies on: a value that cannot be had is an error, not a guess.
pub fn is_essential(parameter: &str) -> bool {
    matches!(parameter, "client_encoding" | "search_path" | "statement_timeout")
}

/// Reads up to the startup message or the request to cancel.
pub async fn first_messages(state: &ServerState, mut socket: TcpStream) -> Result<First, LoginError> {
    let mut first = [0];
    if socket.peek(&mut first).await? == 1 && first == [TLS_HANDSHAKE] && state.tls.is_some() {
        return encrypted(state, socket).await;
    }
    for _ in 0..=NEGOTIATIONS_MAX {
        let mut body = packet(&mut socket).await?;
        let code = body.i32()?;
        match code {
            SSL_REQUEST if state.tls.is_some() => {
                answer(&mut socket, &SslResponse::Accept).await?;
                return encrypted(state, socket).await;
            }
            SSL_REQUEST | GSS_REQUEST => answer(&mut socket, &SslResponse::Refuse).await?,
            CANCEL_REQUEST => return cancel(body),
            _ => {
                let startup = read(code, body)?;
                return Ok(First::Startup { stream: Box::new(socket), startup, tls: String::new() });
            }
        }
    }
    Err(protocol_violation("expected a startup message").into())
}

async fn answer(socket: &mut TcpStream, answer: &SslResponse) -> Result<(), LoginError> {
    let mut bytes = bytes::BytesMut::new();
    answer.encode(&mut bytes).map_err(Error::internal)?;
    Ok(socket.write_all(&bytes).await?)
}

async fn encrypted(state: &ServerState, socket: TcpStream) -> Result<First, LoginError> {
    let Some(acceptor) = &state.tls else { return Err(protocol_violation("TLS is not on").into()) };
    let mut stream = acceptor.accept(socket).await?;
    let tls = stream.get_ref().1.protocol_version().map_or_else(String::new, |version| format!("{version:?}"));
    let mut body = packet(&mut stream).await?;
    match body.i32()? {
        CANCEL_REQUEST => cancel(body),
        code => {
            let startup = read(code, body)?;
            Ok(First::Startup { stream: Box::new(stream), startup, tls })
        }
    }
}

/// A message without a kind: its length, then its body.
async fn packet(stream: &mut (impl AsyncReadExt + Unpin)) -> Result<Body, LoginError> {
    let length = usize::try_from(stream.read_i32().await?).unwrap_or(0);
    if !(8..=STARTUP_BYTES_MAX).contains(&length) {
        return Err(protocol_violation("invalid length of startup packet").into());
    }
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await?;
    Ok(Body::new(Bytes::from(body)))
}

fn cancel(mut body: Body) -> Result<First, LoginError> {
    let (process_id, secret) = (body.i32()?, body.i32()?);
    Ok(First::Cancel { process_id, secret })
}

fn read(version: i32, mut body: Body) -> Result<Startup> {
    if version >> 16 != MAJOR_VERSION {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("unsupported frontend protocol {}.{}: server supports 3.0", version >> 16, version & 0xffff),
        ));
    }
    let mut startup = Startup { minor_version: version & 0xffff, ..Startup::default() };
    loop {
        let name = body.text()?;
        if name.is_empty() {
            break;
        }
        let value = body.text()?;
        match name.as_str() {
            "user" => startup.user = Some(value),
            "database" => startup.database = Some(value),
            "options" => startup.parameters.extend(options(&value)),
            "replication" => {
                if !matches!(value.as_str(), "false" | "off" | "no" | "0") {
                    return Err(Error::not_supported("replication"));
                }
            }
            name if name.starts_with("_pq_.") => startup.unknown_options.push(name.to_owned()),
            name => startup.parameters.push((name.to_lowercase(), value)),
        }
    }
    Ok(startup)
}

/// Parameters in `options`, as the command line of a PostgreSQL server has them: `-c name=value`,
/// `-cname=value`, `--name=value`; a backslash takes the meaning from a blank.
fn options(text: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, words.last_mut()) {
            ('\\', Some(word)) => word.extend(chars.next()),
            (c, _) if c.is_whitespace() => words.push(String::new()),
            (c, Some(word)) => word.push(c),
            (_, None) => {}
        }
    }
    let mut settings = vec![];
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("--") {
            Some(rest) => Some(rest.to_owned()),
            None if word == "-c" => words.next(),
            None => word.strip_prefix("-c").map(str::to_owned),
        };
        if let Some((name, value)) = setting.as_deref().and_then(|setting| setting.split_once('=')) {
            settings.push((name.to_lowercase().replace('-', "_"), value.to_owned()));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_settings() {
        let settings = options(r"-c search_path=a,\ b --statement-timeout=5 -cdatestyle=iso -x");
        let expected = [("search_path", "a, b"), ("statement_timeout", "5"), ("datestyle", "iso")];
        assert_eq!(settings, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn every_key_is_accepted() {
        let body = b"user\0ann\0database\0dev\0client_protocol_version\x002\0_pq_.compression\0zstd\0\0";
        let startup = read(3 << 16, Body::new(Bytes::from_static(body))).unwrap();
        assert_eq!((startup.user.as_deref(), startup.database.as_deref()), (Some("ann"), Some("dev")));
        assert_eq!(startup.value("client_protocol_version"), "2");
        assert_eq!(startup.unknown_options, ["_pq_.compression"]);
        assert!(read(2 << 16, Body::new(Bytes::new())).is_err());
        assert!(read(3 << 16, Body::new(Bytes::from_static(b"user\0ann"))).is_err());
    }
}
