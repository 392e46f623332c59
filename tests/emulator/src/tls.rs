//! The embedded issuer behind TLS 1.3, and now and then an impostor.

use core::time::Duration;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::SystemTime,
};

use rcgen::{CertificateParams, DistinguishedName, DnType, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    ServerConfig, ServerConnection, Stream,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    version::TLS13,
};

use crate::{
    firmware::firmware,
    machine::Machine,
    world::{Embedded, World},
};

/// The root that the firmware pins; its key is there for this test.
const ROOT_KEY: &[u8] = include_bytes!("../../firmware/tls/root.key");
const ROOT_NAME: &str = "gatepass test root";

/// A certificate for 127.0.0.1 by the root of this name with this key.
fn identity(root: KeyPair) -> Arc<ServerConfig> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, ROOT_NAME);
    let issuer = Issuer::new(params, root);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13]).unwrap().with_no_client_auth();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Arc::new(builder.with_single_cert(vec![certificate.into()], key).unwrap())
}

fn root() -> KeyPair {
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(ROOT_KEY), &PKCS_ECDSA_P256_SHA256).unwrap()
}

/// The embedded issuer behind TLS 1.3, for the device of [`Secured::device`]. What a person's phone asks goes there directly.
#[derive(Debug)]
pub struct Secured {
    embedded: Embedded,
    relay: Relay,
}

impl Secured {
    /// Every `impostor_each`th connection is answered by somebody with a root of the same name; for zero none is.
    ///
    /// # Panics
    /// When the server does not start.
    #[must_use]
    pub fn start(impostor_each: u64) -> Self {
        let embedded = Embedded::start(Duration::ZERO);
        let authority = embedded.issuer().url().trim_start_matches("http://").to_owned();
        let relay = Relay::start(authority, impostor_each);
        Self { embedded, relay }
    }

    /// Builds the device that pins the root of this server: the ELF file, for [`Machine::Mps2`].
    ///
    /// # Panics
    /// When it does not build.
    #[must_use]
    pub fn device() -> PathBuf {
        firmware("gatepass-tls", "gatepass-tls", Machine::Mps2.target())
    }

    /// The server behind it.
    #[must_use]
    pub const fn embedded(&self) -> &Embedded {
        &self.embedded
    }

    /// Requests that came whole.
    #[must_use]
    pub fn relayed(&self) -> u64 {
        self.relay.relayed.load(Ordering::SeqCst)
    }

    /// Connections that an impostor answered, and those of them that brought it a request.
    #[must_use]
    pub fn impostures(&self) -> (u64, u64) {
        (self.relay.impostures.load(Ordering::SeqCst), self.relay.believed.load(Ordering::SeqCst))
    }
}

impl World for Secured {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let plain = format!("http://{}/", self.relay.upstream);
        let secured = |url: String| match url.strip_prefix(&plain) {
            Some(path) => format!("https://{}/{path}", self.relay.authority),
            None => url,
        };
        let is_secured = |name: &str| ["token", "revocation", "api"].contains(&name);
        let settings = self.embedded.settings().into_iter();
        let mut settings: Vec<_> = settings.map(|(name, value)| (name, if is_secured(name) { secured(value) } else { value })).collect();
        assert!(settings.iter().all(|(name, value)| !is_secured(name) || value.starts_with("https:")), "{settings:?}");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        settings.push(("time", now.to_string()));
        settings
    }

    fn visit(&mut self, url: &str) -> String {
        self.embedded.visit(url)
    }

    fn pass(&mut self, time: Duration) {
        self.embedded.pass(time);
    }

    fn refreshes(&self) -> u64 {
        self.embedded.refreshes()
    }

    fn secrets(&self) -> Vec<(String, String)> {
        self.embedded.secrets()
    }
}

/// Ends TLS in front of a server.
#[derive(Debug)]
struct Relay {
    authority: String,
    upstream: String,
    relayed: Arc<AtomicU64>,
    impostures: Arc<AtomicU64>,
    believed: Arc<AtomicU64>,
}

impl Relay {
    fn start(upstream: String, impostor_each: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let [relayed, impostures, believed] = [(); 3].map(|()| Arc::new(AtomicU64::new(0)));
        let (real, forged) = (identity(root()), identity(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()));
        let relay = Self {
            authority,
            upstream: upstream.clone(),
            relayed: relayed.clone(),
            impostures: impostures.clone(),
            believed: believed.clone(),
        };
        thread::spawn(move || {
            for (stream, number) in listener.incoming().zip(1..) {
                let mut stream = stream.unwrap();
                if impostor_each > 0 && number % impostor_each == 0 {
                    impostures.fetch_add(1, Ordering::SeqCst);
                    believed.fetch_add(request(&forged, &mut stream).is_some().into(), Ordering::SeqCst);
                } else if let Some((mut connection, asked)) = request(&real, &mut stream) {
                    relayed.fetch_add(1, Ordering::SeqCst);
                    let mut server = TcpStream::connect(&upstream).unwrap();
                    server.write_all(&asked).unwrap();
                    let mut answer = Vec::new();
                    server.read_to_end(&mut answer).unwrap();
                    // A device that was reset meanwhile takes no answer.
                    let _ = Stream::new(&mut connection, &mut stream).write_all(&answer);
                    connection.send_close_notify();
                    while connection.wants_write() && connection.write_tls(&mut stream).is_ok() {}
                }
            }
        });
        relay
    }
}

/// A whole request; `None` when the client went away before.
fn request(config: &Arc<ServerConfig>, stream: &mut TcpStream) -> Option<(ServerConnection, Vec<u8>)> {
    let mut connection = ServerConnection::new(config.clone()).unwrap();
    let (mut asked, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let read = Stream::new(&mut connection, stream).read(&mut piece).ok().filter(|read| *read > 0)?;
        asked.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&asked);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            return Some((connection, asked));
        }
    }
}
