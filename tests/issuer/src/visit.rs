//! Plays the person: one GET over loopback, and where it leads.

use crate::authorize::DECISION_FIELD;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_LIMIT: u64 = 1024 * 1024;

/// Fetches a URL of the server and returns the `Location` of the answer.
pub(crate) fn visit(origin: &str, address: SocketAddr, url: &str, decision: &str) -> io::Result<String> {
    let foreign = || io::Error::new(ErrorKind::InvalidInput, format!("not a URL of {origin}"));
    let target = url.strip_prefix(origin).filter(|rest| rest.starts_with('/')).ok_or_else(foreign)?;
    match status_and_location(&get(address, target, &format!("{DECISION_FIELD}: {decision}\r\n"))?)? {
        (300..400, Some(location)) => Ok(location),
        (status, _) => Err(io::Error::new(ErrorKind::InvalidData, format!("no redirect, but status {status}"))),
    }
}

/// Fetches a target as a browser would, which keeps what follows a `#` to itself.
pub(crate) fn get(address: SocketAddr, target: &str, field: &str) -> io::Result<Vec<u8>> {
    let target = target.split('#').next().unwrap_or(target);
    // What a person cannot type, or a browser would not send, is not sent either.
    if target.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the URL is not ASCII without spaces"));
    }
    let request = format!("GET {target} HTTP/1.1\r\nhost: {address}\r\n{field}connection: close\r\n\r\n");
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_LIMIT).read_to_end(&mut answer)?;
    Ok(answer)
}

/// What the head of an answer says.
pub(crate) fn status_and_location(answer: &[u8]) -> io::Result<(u16, Option<String>)> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut fields);
    let whole = head.parse(answer).map_err(|error| io::Error::new(ErrorKind::InvalidData, error.to_string()))?;
    if whole.is_partial() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let status = head.code.unwrap_or_default();
    let field = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("location"));
    let location = field.and_then(|field| core::str::from_utf8(field.value).ok());
    Ok((status, location.map(str::to_owned)))
}
