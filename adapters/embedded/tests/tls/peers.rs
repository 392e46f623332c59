//! A client, and a server of rustls for it.

use super::authority::Identity;
use embedded_io::{Read as _, Write as _};
use embedded_io_adapters::std::FromStd;
use gatepass_embedded::tls::{Clock, Error, Peer, PinnedRoot, ServerName, connect, rand_core};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, Stream};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

/// 2026-11-22.
pub const NOW: Clock = Clock::unix_seconds(1_795_305_600);
pub const BODY: &[u8] = b"{\"access_token\":\"a\"}";

/// The system's generator, as embedded-tls wants one.
pub struct Random;

impl rand_core::CryptoRng for Random {}

impl rand_core::RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).unwrap();
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// What a server does once it has answered.
#[derive(Clone)]
pub enum Ending {
    CloseNotify,
    /// Closes the stream, and no more.
    Cut,
    /// Bytes that anybody on the path could have written; then it waits.
    Forged(Vec<u8>),
}

pub fn listen(serve: impl FnOnce(TcpStream) + Send + 'static) -> (TcpStream, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (stream, std::thread::spawn(move || serve(listener.accept().unwrap().0)))
}

pub fn config(identity: Identity, versions: &[&'static rustls::SupportedProtocolVersion]) -> ServerConfig {
    let provider = rustls::crypto::ring::default_provider();
    // Not `with_single_cert`, which would refuse some of what we want to refuse.
    let key = provider.key_provider.load_private_key(identity.key.into()).unwrap();
    let shown = SingleCertAndKey::from(CertifiedKey::new(identity.chain, key));
    let builder = ServerConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(versions).unwrap();
    builder.with_no_client_auth().with_cert_resolver(Arc::new(shown))
}

/// Reads one request of any kind and answers it, if the client lets it come so far.
pub fn serve(config: ServerConfig, ending: Ending) -> (TcpStream, JoinHandle<()>) {
    listen(move |mut stream| {
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut tls = Stream::new(&mut connection, &mut stream);
        let mut request = [0; 64];
        let Ok(1..) = tls.read(&mut request) else { return };
        tls.write_all(BODY).unwrap();
        tls.flush().unwrap();
        match ending {
            Ending::Cut => return,
            Ending::CloseNotify => {
                connection.send_close_notify();
                while connection.wants_write() {
                    connection.write_tls(&mut stream).unwrap();
                }
            }
            Ending::Forged(bytes) => stream.write_all(&bytes).unwrap(),
        }
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

/// Asks the server behind a stream, and gives what came until it said that this was all.
pub fn ask(stream: TcpStream, root: &[u8], authority: &str, clock: Clock) -> Result<Vec<u8>, Error> {
    let peer = Peer::new(ServerName::from_authority(authority)?, PinnedRoot::from_der(root)?, clock);
    let (mut receive, mut send) = (vec![0; 16_640], vec![0; 1024]);
    let mut connection = connect(FromStd::new(stream), &peer, Random, &mut receive, &mut send)?;
    connection.write_all(b"POST /token HTTP/1.1\r\n\r\n")?;
    connection.flush()?;
    let (mut whole, mut chunk) = (Vec::new(), [0; 7]);
    loop {
        match connection.read(&mut chunk)? {
            0 => break,
            count => whole.extend(&chunk[..count]),
        }
    }
    connection.close()?;
    Ok(whole)
}

/// [`ask`] of a server with this identity, by its name `as.example`.
pub fn verdict(identity: Identity, root: &[u8]) -> Result<Vec<u8>, Error> {
    verdict_at(identity, root, "as.example", NOW)
}

pub fn verdict_at(identity: Identity, root: &[u8], authority: &str, clock: Clock) -> Result<Vec<u8>, Error> {
    let (stream, server) = serve(config(identity, &[&rustls::version::TLS13]), Ending::CloseNotify);
    let outcome = ask(stream, root, authority, clock);
    server.join().unwrap();
    outcome
}
