//! Beyond certificates: how connections begin and end.

use super::authority::{Authority, server};
use super::hostile::{self, Act};
use super::peers::{self, BODY, Ending, NOW, Random, ask, config};
use embedded_io::{ErrorKind, ErrorType};
use embedded_io_adapters::std::FromStd;
use gatepass_embedded::tls::{Error, Peer, PinnedRoot, ServerName, connect, connect_async};
use rustls::version::{TLS12, TLS13};
use std::net::TcpStream;

pub const PLAIN_CLOSE_NOTIFY: [u8; 7] = [21, 3, 3, 0, 2, 1, 0];
/// `EncryptedExtensions` without any.
pub const PLAIN_HANDSHAKE: [u8; 11] = [22, 3, 3, 0, 6, 8, 0, 0, 2, 0, 0];

fn answer(ending: Ending) -> Result<Vec<u8>, Error> {
    let root = Authority::root("root");
    let (stream, server) = peers::serve(config(root.issue(&server(&["as.example"])), &[&TLS13]), ending);
    let outcome = ask(stream, root.der(), "as.example", NOW);
    server.join().unwrap();
    outcome
}

fn handshake(act: Act) -> Result<Vec<u8>, Error> {
    let root = Authority::root("root");
    let identity = root.issue(&server(&["as.example"]));
    let (stream, server) = peers::listen(move |stream| hostile::serve(stream, &identity, act));
    let outcome = ask(stream, root.der(), "as.example", NOW);
    server.join().unwrap();
    outcome
}

#[test]
fn a_close_notify_is_the_end() {
    assert_eq!(answer(Ending::CloseNotify).unwrap(), BODY);
}

#[test]
fn a_stream_that_just_ends_is_no_end() {
    assert!(matches!(answer(Ending::Cut), Err(Error::Truncated)));
}

#[test]
fn a_close_notify_in_the_clear_is_no_end() {
    let outcome = answer(Ending::Forged(PLAIN_CLOSE_NOTIFY.into()));
    assert!(matches!(outcome, Err(Error::Record)), "{outcome:?}");
}

#[test]
fn a_handshake_message_in_the_clear_is_refused_after_the_handshake() {
    let outcome = answer(Ending::Forged(PLAIN_HANDSHAKE.into()));
    assert!(matches!(outcome, Err(Error::Record)), "{outcome:?}");
}

#[test]
fn a_record_that_was_altered_is_refused() {
    let forged = [&[23, 3, 3, 0, 40][..], &[0; 40]].concat();
    let outcome = answer(Ending::Forged(forged));
    assert!(matches!(outcome, Err(Error::Tls(embedded_tls::TlsError::CryptoError))), "{outcome:?}");
}

// R165
#[test]
fn a_server_of_tls_1_2_is_refused() {
    let root = Authority::root("root");
    let (stream, server) = peers::serve(config(root.issue(&server(&["as.example"])), &[&TLS12]), Ending::CloseNotify);
    let outcome = ask(stream, root.der(), "as.example", NOW);
    assert!(matches!(outcome, Err(Error::Tls(embedded_tls::TlsError::HandshakeAborted(..)))), "{outcome:?}");
    server.join().unwrap();
}

#[test]
fn a_handshake_of_our_own_making_passes() {
    assert_eq!(handshake(Act::Honest).unwrap(), BODY);
}

#[test]
fn a_server_must_show_a_certificate() {
    let outcome = handshake(Act::NoCertificate);
    assert!(matches!(outcome, Err(Error::Unauthenticated)), "{outcome:?}");
}

#[test]
fn a_server_must_prove_that_it_holds_the_key() {
    for act in [Act::NoSignature, Act::ForeignSignature, Act::OldSignature, Act::SignatureFirst] {
        let outcome = handshake(act);
        assert!(matches!(outcome, Err(Error::Unauthenticated)), "{act:?} {outcome:?}");
    }
}

#[test]
fn a_server_shows_one_certificate_message() {
    for act in [Act::TwoCertificates, Act::CertificateAfterProof] {
        let outcome = handshake(act);
        assert!(matches!(outcome, Err(Error::Unauthenticated)), "{act:?} {outcome:?}");
    }
}

#[test]
fn an_encrypted_record_without_content_is_refused() {
    let outcome = handshake(Act::EmptyRecord);
    assert!(matches!(outcome, Err(Error::Record)), "{outcome:?}");
}

#[test]
fn nothing_is_read_after_an_error() {
    let root = Authority::root("root");
    let (stream, server) = peers::serve(config(root.issue(&server(&["as.example"])), &[&TLS13]), Ending::Forged(PLAIN_CLOSE_NOTIFY.into()));
    let peer = Peer::new(ServerName::from_authority("as.example").unwrap(), PinnedRoot::from_der(root.der()).unwrap(), NOW);
    let (mut receive, mut send) = (vec![0; 16_640], vec![0; 640]);
    let mut connection = connect(FromStd::new(stream), &peer, Random, &mut receive, &mut send).unwrap();
    embedded_io::Write::write_all(&mut connection, b"GET").unwrap();
    embedded_io::Write::flush(&mut connection).unwrap();
    let mut body = [0; 64];
    assert_eq!(embedded_io::Read::read(&mut connection, &mut body).unwrap(), BODY.len());
    for _ in 0..2 {
        assert!(matches!(embedded_io::Read::read(&mut connection, &mut body), Err(Error::Record)));
    }
    assert!(matches!(embedded_io::Write::write(&mut connection, b"x"), Err(Error::Record)));
    assert!(matches!(connection.close(), Err(Error::Record)));
    server.join().unwrap();
}

#[test]
fn buffers_that_are_too_small_are_named() {
    let root = Authority::root("root");
    let host = [63, 63, 63, 61].map(|length| "a".repeat(length)).join(".");
    let peer = Peer::new(ServerName::from_authority(&host).unwrap(), PinnedRoot::from_der(root.der()).unwrap(), NOW);
    for (receive, send, fits) in [(16_640, 640, true), (128, 640, false), (16_640, 639, false)] {
        let (stream, server) = peers::serve(config(root.issue(&server(&[&host])), &[&TLS13]), Ending::CloseNotify);
        let (mut receive, mut send) = (vec![0; receive], vec![0; send]);
        let outcome = connect(FromStd::new(stream), &peer, Random, &mut receive, &mut send);
        assert!(if fits { outcome.is_ok() } else { matches!(outcome, Err(Error::Capacity)) }, "{outcome:?}");
        drop(outcome);
        server.join().unwrap();
    }
}

/// A blocking stream as an async one that is always ready.
struct Ready(FromStd<TcpStream>);

impl ErrorType for Ready {
    type Error = std::io::Error;
}

impl embedded_io_async::Read for Ready {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, std::io::Error> {
        embedded_io::Read::read(&mut self.0, buffer)
    }
}

impl embedded_io_async::Write for Ready {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, std::io::Error> {
        embedded_io::Write::write(&mut self.0, bytes)
    }
    async fn flush(&mut self) -> Result<(), std::io::Error> {
        embedded_io::Write::flush(&mut self.0)
    }
}

#[test]
fn an_async_stream_keeps_the_same_rules() {
    use embedded_io_async::{Read as _, Write as _};
    let root = Authority::root("root");
    for (name, ending) in [("as.example", Ending::CloseNotify), ("as.example", Ending::Cut), ("other.example", Ending::CloseNotify)] {
        let (stream, server) = peers::serve(config(root.issue(&server(&["as.example"])), &[&TLS13]), ending.clone());
        let peer = Peer::new(ServerName::from_authority(name).unwrap(), PinnedRoot::from_der(root.der()).unwrap(), NOW);
        let outcome: Result<Vec<u8>, Error> = embassy_futures::block_on(async {
            let (mut receive, mut send) = (vec![0; 16_640], vec![0; 640]);
            let mut connection = connect_async(Ready(FromStd::new(stream)), &peer, Random, &mut receive, &mut send).await?;
            connection.write_all(b"GET").await?;
            connection.flush().await?;
            let (mut whole, mut chunk) = (Vec::new(), [0; 7]);
            loop {
                match connection.read(&mut chunk).await? {
                    0 => break,
                    count => whole.extend(&chunk[..count]),
                }
            }
            connection.close().await?;
            Ok(whole)
        });
        match (name, ending) {
            ("as.example", Ending::CloseNotify) => assert_eq!(outcome.unwrap(), BODY),
            ("as.example", _) => assert!(matches!(outcome, Err(Error::Truncated)), "{outcome:?}"),
            _ => assert_eq!(embedded_io::Error::kind(&outcome.unwrap_err()), ErrorKind::PermissionDenied),
        }
        server.join().unwrap();
    }
}
