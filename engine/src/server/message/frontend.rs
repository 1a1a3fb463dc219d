//! Messages that clients send after they are known.

use bytes::Bytes;

use super::{Body, protocol_violation};
use crate::error::Result;

/// A message of a client.
#[derive(Debug)]
pub enum FrontendMessage {
    /// `Q`: a script.
    Query(String),
    /// `P`: a statement to prepare.
    Parse(Parse),
    /// `B`: values for a prepared statement.
    Bind(Bind),
    /// `D` with `S`: the types of a prepared statement.
    DescribeStatement(String),
    /// `D` with `P`: the types of a portal.
    DescribePortal(String),
    /// `E`: run a portal; at most that many rows, 0 for all.
    Execute(String, usize),
    /// `C` with `S`: forget a prepared statement.
    CloseStatement(String),
    /// `C` with `P`: forget a portal.
    ClosePortal(String),
    /// `H`: send what there is.
    Flush,
    /// `S`: the end of a sequence of messages.
    Sync,
    /// `X`: the end.
    Terminate,
    /// `F`: a call by OID, which nobody uses.
    FunctionCall,
    /// `d`, `c`, `f` outside of COPY: left over from one that failed.
    StrayCopy,
}

/// Parse.
#[derive(Debug)]
pub struct Parse {
    /// Name; empty for the unnamed statement.
    pub name: String,
    /// Text.
    pub text: String,
    /// OIDs of parameter types as far as they are declared; 0: not.
    pub types: Vec<u32>,
}

/// Bind.
#[derive(Debug)]
pub struct Bind {
    /// Name; empty for the unnamed portal.
    pub portal: String,
    /// The statement's name.
    pub statement: String,
    /// Formats of the values: none (all text), one for all, or one each.
    pub formats: Vec<u16>,
    /// The values; None for NULL.
    pub values: Vec<Option<Bytes>>,
    /// Formats of the result's columns, in the same way.
    pub result_formats: Vec<u16>,
}

/// Whether a message of this kind may come from a client after it is known. Its length is believed
/// only then.
pub fn is_known(kind: u8) -> bool {
    matches!(kind, b'Q' | b'P' | b'B' | b'D' | b'E' | b'C' | b'H' | b'S' | b'X' | b'F' | b'd' | b'c' | b'f')
}

impl FrontendMessage {
    /// Decodes a message.
    ///
    /// Errors: 08P01 for a body that is not what its kind wants, 22021 for text that is no UTF-8.
    pub fn decode(kind: u8, bytes: Bytes) -> Result<Self> {
        let mut body = Body::new(bytes);
        let message = match kind {
            b'Q' => FrontendMessage::Query(body.text()?),
            b'P' => FrontendMessage::Parse(parse(&mut body)?),
            b'B' => FrontendMessage::Bind(bind(&mut body)?),
            b'D' => match body.u8()? {
                b'S' => FrontendMessage::DescribeStatement(body.text()?),
                b'P' => FrontendMessage::DescribePortal(body.text()?),
                other => return Err(subtype("DESCRIBE", other)),
            },
            b'E' => {
                let portal = body.text()?;
                FrontendMessage::Execute(portal, usize::try_from(body.i32()?).unwrap_or(0))
            }
            b'C' => match body.u8()? {
                b'S' => FrontendMessage::CloseStatement(body.text()?),
                b'P' => FrontendMessage::ClosePortal(body.text()?),
                other => return Err(subtype("CLOSE", other)),
            },
            b'H' => FrontendMessage::Flush,
            b'S' => FrontendMessage::Sync,
            b'X' => return Ok(FrontendMessage::Terminate),
            b'F' => return Ok(FrontendMessage::FunctionCall),
            _ => return Ok(FrontendMessage::StrayCopy),
        };
        body.end()?;
        Ok(message)
    }
}

fn subtype(message: &str, subtype: u8) -> crate::Error {
    protocol_violation(format!("invalid {message} message subtype {subtype}"))
}

fn parse(body: &mut Body) -> Result<Parse> {
    let (name, text) = (body.text()?, body.text()?);
    let count = usize::from(body.u16()?);
    check_count(count, 4, body)?;
    let types = (0..count).map(|_| Ok(body.i32()? as u32)).collect::<Result<_>>()?;
    Ok(Parse { name, text, types })
}

fn bind(body: &mut Body) -> Result<Bind> {
    let (portal, statement) = (body.text()?, body.text()?);
    let formats = formats(body)?;
    let count = usize::from(body.u16()?);
    check_count(count, 4, body)?;
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        values.push(match body.i32()? {
            -1 => None,
            length => {
                let length = usize::try_from(length).map_err(|_| protocol_violation("invalid message format"))?;
                Some(body.bytes(length)?)
            }
        });
    }
    Ok(Bind { portal, statement, formats, values, result_formats: self::formats(body)? })
}

fn formats(body: &mut Body) -> Result<Vec<u16>> {
    let count = usize::from(body.u16()?);
    check_count(count, 2, body)?;
    (0..count)
        .map(|_| match body.u16()? {
            format @ (0 | 1) => Ok(format),
            other => Err(protocol_violation(format!("unsupported format code: {other}"))),
        })
        .collect()
}

/// A count is believed when the message is long enough for it.
fn check_count(count: usize, bytes_each: usize, body: &Body) -> Result<()> {
    if count * bytes_each > body.len() {
        return Err(protocol_violation("insufficient data left in message"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_lie_are_errors() {
        for (kind, body) in [
            (b'Q', &b"select 1"[..]),
            (b'Q', b"select 1\0x"),
            (b'Q', b"\xff\0"),
            (b'P', b"\0select 1\0\xff\xff"),
            (b'P', b"\0select 1\0"),
            (b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff"),
            (b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xf0"),
            (b'B', b"\0\0\0\x01\0\x02\0\0\0\0"),
            (b'D', b"X\0"),
            (b'D', b""),
            (b'E', b"\0\0"),
            (b'S', b"more"),
        ] {
            assert!(FrontendMessage::decode(kind, Bytes::from_static(body)).is_err(), "{}", kind as char);
        }
    }

    #[test]
    fn messages_are_read() {
        let body = b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x02ab\xff\xff\xff\xff\0\0";
        let Ok(FrontendMessage::Bind(bind)) = FrontendMessage::decode(b'B', Bytes::from_static(body)) else {
            panic!("no Bind")
        };
        assert_eq!((bind.portal.as_str(), bind.statement.as_str()), ("p", "s"));
        assert_eq!((bind.formats, bind.result_formats), (vec![1], vec![]));
        assert_eq!(bind.values, [Some(Bytes::from_static(b"ab")), None]);
    }
}
