//! What embedded-tls does alone, as the module's documentation has it. If one of these fails, embedded-tls has learned something, and
//! the documentation is to be amended.

use super::authority::{Authority, Identity, common_name, server};
use super::handshake::{PLAIN_CLOSE_NOTIFY, PLAIN_HANDSHAKE};
use super::hostile::{self, Act};
use super::peers::{self, BODY, Ending, NOW, Random, ask, config};
use embedded_io_adapters::std::FromStd;
use embedded_tls::blocking::TlsConnection;
use embedded_tls::pki::CertVerifier;
use embedded_tls::{Aes128GcmSha256, Certificate, CryptoProvider, CryptoRngCore, NoClock, TlsConfig, TlsContext, TlsError, TlsVerifier};
use rustls::version::TLS13;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// embedded-tls with its own verifier.
struct Own<'r>(Random, CertVerifier<'r, Aes128GcmSha256, NoClock, 4096>);

impl CryptoProvider for Own<'_> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = &'static [u8];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.0
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.1)
    }
}

/// The handshake, then one request, and what comes first then.
fn alone(stream: TcpStream, root: &[u8], reads: usize) -> Result<usize, TlsError> {
    let (mut receive, mut send) = (vec![0; 16_640], vec![0; 1024]);
    let mut connection = TlsConnection::new(FromStd::new(stream), &mut receive, &mut send);
    let config = TlsConfig::new().with_server_name("as.example");
    let own = Own(Random, CertVerifier::new(Certificate::X509(root)));
    connection.open(TlsContext::new(&config, own))?;
    connection.write(b"GET")?;
    connection.flush()?;
    (0..reads).try_fold(0, |_, _| connection.read(&mut [0; 64]))
}

fn of_rustls(identity: Identity, ending: Ending, root: &[u8], reads: usize) -> std::thread::Result<Result<usize, TlsError>> {
    let (stream, server) = peers::serve(config(identity, &[&TLS13]), ending);
    let outcome = catch_unwind(AssertUnwindSafe(|| alone(stream, root, reads)));
    server.join().unwrap();
    outcome
}

/// What a second read gives when somebody on the path has written this.
fn of_forged(bytes: &[u8]) -> std::thread::Result<Result<usize, TlsError>> {
    let root = Authority::root("root");
    of_rustls(root.issue(&server(&["as.example"])), Ending::Forged(bytes.into()), root.der(), 2)
}

fn of_hostile(act: Act) -> std::thread::Result<Result<usize, TlsError>> {
    let root = Authority::root("root");
    let identity = root.issue(&server(&["as.example"]));
    let (stream, server) = peers::listen(move |stream| hostile::serve(stream, &identity, act));
    let outcome = catch_unwind(AssertUnwindSafe(|| alone(stream, root.der(), 1)));
    server.join().unwrap();
    outcome
}

#[test]
fn it_takes_a_leaf_for_an_authority() {
    let root = Authority::root("root");
    let leaf = root.authority(server(&["mine.example"]));
    let forged = leaf.issue(&server(&["as.example"])).with(&leaf);
    assert_eq!(of_rustls(forged, Ending::CloseNotify, root.der(), 1).unwrap().unwrap(), BODY.len());
}

#[test]
fn it_takes_a_common_name_beside_an_alternative_name() {
    let root = Authority::root("root");
    let mut params = server(&["other.example"]);
    params.distinguished_name = common_name("as.example");
    assert_eq!(of_rustls(root.issue(&params), Ending::CloseNotify, root.der(), 1).unwrap().unwrap(), BODY.len());
}

#[test]
fn it_takes_a_server_that_shows_no_certificate_or_no_signature() {
    for act in [Act::NoCertificate, Act::NoSignature] {
        assert_eq!(of_hostile(act).unwrap().unwrap(), BODY.len(), "{act:?}");
    }
}

#[test]
fn it_believes_a_close_notify_in_the_clear() {
    let outcome = of_forged(&PLAIN_CLOSE_NOTIFY);
    assert!(matches!(outcome, Ok(Err(TlsError::ConnectionClosed))), "{outcome:?}");
}

#[test]
fn it_panics_on_a_handshake_message_in_the_clear() {
    assert!(of_forged(&PLAIN_HANDSHAKE).is_err());
}

#[test]
fn it_panics_on_an_encrypted_record_without_content() {
    assert!(of_hostile(Act::EmptyRecord).is_err());
}

/// This one is not mended here: only a server that proved itself can do it.
#[test]
fn it_panics_on_a_handshake_message_after_the_handshake() {
    let root = Authority::root("root");
    let identity = root.issue(&server(&["as.example"]));
    let (stream, server) = peers::listen(move |stream| hostile::serve(stream, &identity, Act::LateHandshake));
    assert!(catch_unwind(AssertUnwindSafe(|| ask(stream, root.der(), "as.example", NOW))).is_err());
    server.join().unwrap();
}
