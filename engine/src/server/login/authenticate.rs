//! Proof of the user: MD5 or SCRAM-SHA-256. A user who does not exist is asked like any other, and
//! fails at the end like a wrong password.

use pgwire::{
    api::auth::sasl::scram::ScramServerAuth, error::PgWireError,
    messages::startup::Authentication as AuthenticationMessage,
};

use super::{LoginError, user::LoginUser};
use crate::{
    error::{Error, SqlState},
    server::{
        Authentication,
        credential::{impossible_secret, random},
        message::{Body, MessageReader, MessageWriter, protocol_violation, reader::login_kind},
    },
};

const SCRAM: &str = "SCRAM-SHA-256";

/// Lets the client prove that it is `name`.
///
/// Errors: 28000 when it cannot.
pub async fn prove(
    authentication: Authentication,
    name: &str,
    user: &LoginUser,
    reader: &mut MessageReader,
    writer: &mut MessageWriter,
) -> Result<(), LoginError> {
    let proved = match authentication {
        Authentication::Trust => true,
        Authentication::Md5 => md5(user, reader, writer).await?,
        Authentication::ScramSha256 => scram(user, reader, writer).await?,
    };
    if proved {
        return Ok(());
    }
    Err(Error::new(SqlState("28000"), format!("password authentication failed for user \"{name}\"")).into())
}

async fn md5(user: &LoginUser, reader: &mut MessageReader, writer: &mut MessageWriter) -> Result<bool, LoginError> {
    let [a, b, c, d, ..] = random();
    let salt = [a, b, c, d];
    writer.put(&AuthenticationMessage::MD5Password(salt.to_vec()))?;
    writer.flush().await?;
    let (_, body) = reader.message(login_kind).await?;
    let answer = Body::new(body).text()?;
    Ok(user.credential.as_ref().is_some_and(|credential| credential.accepts_md5(salt, &answer)))
}

async fn scram(user: &LoginUser, reader: &mut MessageReader, writer: &mut MessageWriter) -> Result<bool, LoginError> {
    writer.put(&AuthenticationMessage::SASL(vec![SCRAM.to_owned()]))?;
    writer.flush().await?;
    let (_, body) = reader.message(login_kind).await?;
    let mut body = Body::new(body);
    let mechanism = body.text()?;
    if mechanism != SCRAM {
        return Err(protocol_violation(format!("SASL mechanism \"{mechanism}\" was not offered")).into());
    }
    let length = usize::try_from(body.i32()?).map_err(|_| protocol_violation("empty SASL response"))?;
    let first = body.bytes(length)?;
    let known = user.credential.as_ref().and_then(|credential| credential.scram_secret());
    let secret = known.unwrap_or_else(impossible_secret);
    let (answer, waiting) =
        ScramServerAuth::new().on_client_first_message_with_secret(&first, secret).map_err(malformed)?;
    writer.put(&AuthenticationMessage::SASLContinue(answer.into()))?;
    writer.flush().await?;
    let (_, last) = reader.message(login_kind).await?;
    match waiting.on_client_final_message(&last) {
        Ok(answer) => {
            writer.put(&AuthenticationMessage::SASLFinal(answer.into()))?;
            Ok(true)
        }
        Err(PgWireError::InvalidPassword(_)) => Ok(false),
        Err(error) => Err(malformed(error)),
    }
}

fn malformed(error: PgWireError) -> LoginError {
    protocol_violation(format!("malformed SCRAM message: {error}")).into()
}
