//! A deadline that passes while it connects.

use core::time::Duration;
use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use gatepass::{Client as Identity, Config, Server, Timestamp};
use gatepass_store::driver::{Error, Settings};

use crate::{client::Client, run, signed_in, world::World};

#[test]
fn a_request_whose_deadline_passed_while_it_connected_does_not_leave() {
    run(async {
        let world = World::new();
        signed_in(&world).await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let text = |text: String| -> &'static str { String::leak(text) };
        let url = text(format!("http://{}/", listener.local_addr().unwrap()));
        let connection: Arc<Mutex<Option<TcpStream>>> = Arc::default();
        let seen = Arc::clone(&connection);
        // The token has expired, and as soon as somebody has connected another minute has gone by.
        let clock = move || {
            let mut seen = seen.lock().unwrap();
            if seen.is_none() {
                *seen = listener.accept().ok().map(|(stream, _)| stream);
            }
            let now = gatepass_store::now().as_millis() + if seen.is_some() { 160_000 } else { 100_000 };
            Timestamp::from_millis(now).with_unix_seconds(1_800_000_000 + now / 1000)
        };
        let server = Server::new(text(world.issuer.url()), url, url).danger_allow_http_on_loopback();
        let config = Config::new(server, Identity::public("demo")).unwrap();
        let settings = Settings::new(config, world.store.clone()).clock(clock).patience(Duration::ZERO);
        let client = Client::new(settings.origin(&world.issuer.api_url()).danger_allow_http_on_loopback()).unwrap();
        let Err(error) = client.access_token(Duration::ZERO).await else { panic!() };
        assert!(matches!(error, Error::Waiting { .. }) && error.to_string().contains("nothing was sent"), "{error}");
        drop(client);
        let mut stream = connection.lock().unwrap().take().expect("it connected");
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert_eq!(stream.read(&mut [0; 64]).unwrap(), 0);
    });
}
