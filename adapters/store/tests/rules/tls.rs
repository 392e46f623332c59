//! Whose certificate is believed.

use std::{
    io::{Read, Write as _},
    net::TcpListener,
    sync::Arc,
    thread,
};

use gatepass::{Client as Identity, Config, Server};
use gatepass_store::{
    Memory,
    driver::{Error, Settings},
};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};

use crate::{
    client::Client,
    run,
    world::{REDIRECT_URI, grant},
};

struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().der().clone();
    Authority { certificate, issuer: Issuer::new(params, key) }
}

/// A certificate of a server, and its key.
fn leaf(
    authority: Option<&Authority>,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    change(&mut params);
    let certificate = match authority {
        Some(authority) => params.signed_by(&key, &authority.issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

/// A whole request: what is closed with bytes unread is reset, and the answer lost.
fn request(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut heard = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let length = stream.read(&mut chunk)?;
        heard.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&heard).to_lowercase();
        let wanted = text.split_once("\r\n\r\n").and_then(|(head, body)| {
            let length = head.split_once("content-length: ")?.1.split("\r\n").next()?;
            Some(body.len() >= length.parse().ok()?)
        });
        if length == 0 || wanted == Some(true) {
            return Ok(heard);
        }
    }
}

/// Redeems a code at a server with this certificate, and says what the client said and how much the server read.
async fn redeem(authority: &Authority, certified: (CertificateDer<'static>, PrivateKeyDer<'static>)) -> (Result<(), Error>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin: &'static str = String::leak(format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port()));
    let [authorize, token] = ["/authorize", "/token"].map(|path| -> &'static str { String::leak(format!("{origin}{path}")) });
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certified.0], certified.1).unwrap());
    let served = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        let heard = request(&mut stream).unwrap_or_default();
        let body = r#"{"access_token":"a","token_type":"Bearer"}"#;
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.conn.send_close_notify();
        let _ = stream.flush();
        heard.len()
    });
    let server = Server::new(origin, authorize, token);
    let config = Config::new(server, Identity::public("demo")).unwrap();
    let settings = Settings::new(config, Arc::new(Memory::new())).origin("https://api.example").patience(core::time::Duration::ZERO);
    let client = Client::trusting(settings, authority.certificate.to_vec()).unwrap();
    let url = client.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let said = client.finish_sign_in(&format!("{REDIRECT_URI}?code=secret-code&state={state}")).await;
    (said, served.join().unwrap())
}

// R046
#[test]
fn a_certificate_of_a_trusted_authority_is_believed() {
    run(async {
        let authority = authority();
        let (said, heard) = redeem(&authority, leaf(Some(&authority), "127.0.0.1", |_| ())).await;
        assert!(said.is_ok() && heard > 0, "{said:?}");
    });
}

// R046
#[test]
fn a_certificate_that_proves_nothing_ends_the_connection_before_a_byte_of_the_request() {
    run(async {
        let (trusted, other) = (authority(), authority());
        let wrong: [(&str, _); 5] = [
            ("self-signed", leaf(None, "127.0.0.1", |_| ())),
            ("of another authority", leaf(Some(&other), "127.0.0.1", |_| ())),
            ("expired", leaf(Some(&trusted), "127.0.0.1", |params| params.not_after = date_time_ymd(2001, 1, 1))),
            ("of another name", leaf(Some(&trusted), "localhost", |_| ())),
            (
                "of a client",
                leaf(Some(&trusted), "127.0.0.1", |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            ),
        ];
        for (what, certified) in wrong {
            let (said, heard) = redeem(&trusted, certified).await;
            assert_eq!(heard, 0, "{what}");
            // Known not to have left: the code is still good.
            assert!(matches!(said, Err(Error::Waiting { why: gatepass::Why::Offline, .. })), "{what}: {said:?}");
        }
    });
}
