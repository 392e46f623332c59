//! Stores on servers, whose connection is cut: a call fails alone, and what it was about is held or not; and a refresh over them.

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{net::SocketAddr, sync::Arc};

use gatepass::{Policy, Why};
use gatepass_faults::proxy::{Cut, How, Proxy, Side};
use gatepass_store::{Postgres, Redis, Store, StoreError, Swap, driver::Error};
use gatepass_store_tests::{PostgresServer, Records, RedisServer, version};

use crate::{
    any::{AnyStore, block_on, load, swap, swap_intent},
    front::{LAPSE, check},
    over_ureq::client::Client,
    sweep::{Ran, Tally, all, sweep},
    world::{REDIRECT_URI, World, grant},
};

/// What a call may take: a stalled one takes so long.
const LIMIT: Duration = Duration::from_secs(2);

enum Server {
    Redis(RedisServer),
    Postgres(PostgresServer),
}

impl Server {
    /// Quick ones: what a crash leaves is not asked here.
    fn redis() -> Self {
        Self::Redis(RedisServer::with(&[]))
    }

    fn postgres() -> Self {
        let server = PostgresServer::start();
        Postgres::open(&server.url(), "").unwrap().migrate_blocking().unwrap();
        Self::Postgres(server)
    }

    fn address(&self) -> SocketAddr {
        let url = match self {
            Self::Redis(server) => server.url(),
            Self::Postgres(server) => server.url(),
        };
        let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap();
        SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()))
    }

    /// The store of this name, at this address.
    fn store(&self, at: SocketAddr, name: &str, blocks: bool) -> AnyStore {
        let blocking = |store: Arc<dyn Store>| AnyStore::Blocking(store);
        match self {
            Self::Redis(_) => {
                let store = Redis::open(&format!("redis://{at}/"), name).unwrap().timeout(LIMIT);
                if blocks { blocking(Arc::new(store)) } else { AnyStore::Async(Arc::new(store)) }
            }
            Self::Postgres(_) => {
                let store = Postgres::open(&format!("postgresql://gatepass@{at}/postgres"), name).unwrap().timeout(LIMIT);
                if blocks { blocking(Arc::new(store)) } else { AnyStore::Async(Arc::new(store)) }
            }
        }
    }
}

/// A name that nobody had before, as long as all others.
fn name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("grant-{:06}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn proxy(server: &Server) -> Proxy {
    let proxy = Proxy::new();
    proxy.lead_to(server.address());
    proxy
}

/// Makes a call, and where it failed once more, as a session does.
fn insist<T>(proxy: &Proxy, failed: &mut usize, call: impl Fn() -> Result<T, StoreError>) -> Result<T, String> {
    let error = match call() {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    *failed += 1;
    check(!error.is_permanent(), || format!("an error that never mends itself: {error:?}"))?;
    proxy.mend();
    call().map_err(|error| format!("the repeat: {error:?}"))
}

fn stored(swapped: &Swap, record: &[u8]) -> Result<(), String> {
    let is_own = matches!(swapped, Swap::Superseded(Some(held)) if held.as_bytes() == record);
    check(is_own || matches!(swapped, Swap::Stored), || "somebody else's record".to_owned())
}

/// Loads and swaps of one grant, over one connection.
fn calls(server: &Server, blocks: bool, cut: Option<Cut>) -> Ran {
    let (proxy, name) = (proxy(server), name());
    let store = server.store(proxy.address(), &name, blocks);
    let records: Vec<_> = Records::new(0).take(3).collect();
    proxy.arm(cut);
    let (mut failed, mut expected) = (0, None);
    check(insist(&proxy, &mut failed, || load(&store))?.is_none(), || "a record out of nothing".to_owned())?;
    for (at, record) in records.iter().enumerate() {
        let swapped = insist(&proxy, &mut failed, || match at {
            1 => swap_intent(&store, expected, record),
            _ => swap(&store, expected, record),
        })?;
        stored(&swapped, record)?;
        expected = Some(version(record));
        let held = insist(&proxy, &mut failed, || load(&store))?;
        check(held.is_some_and(|held| held.as_bytes() == record), || "not what was stored".to_owned())?;
    }
    let is_struck = proxy.is_struck();
    check(failed <= usize::from(is_struck), || format!("{failed} calls failed"))?;
    check(!proxy.has_hung(), || "a call that never ended".to_owned())?;
    Ok((is_struck, proxy.wires()))
}

/// A refresh: its record is loaded, the intent and the tokens are stored, over a connection that is cut.
fn renewal(server: &Server, cut: Option<Cut>) -> Ran {
    let (world, proxy, name) = (World::new(), proxy(server), name());
    let client = |at: SocketAddr| {
        let AnyStore::Blocking(store) = server.store(at, &name, true) else { panic!() };
        Client::new(world.settings_of(Policy::DEFAULT, store)).unwrap()
    };
    block_on(async {
        let before = client(server.address());
        let url = before.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
        before.finish_sign_in(&world.issuer.visit(&url).unwrap()).await.unwrap();
        world.expire();
        proxy.arm(cut);
        let client_here = client(proxy.address());
        let mut token = client_here.access_token(Duration::ZERO).await;
        proxy.mend();
        if let Err(error) = &token {
            let is_expected = matches!(error, Error::Waiting { why: Why::Store, .. }) && proxy.is_struck();
            check(is_expected, || format!("{error:?}"))?;
            world.advance(LAPSE);
            token = client_here.access_token(Duration::ZERO).await;
        }
        let token = token.map_err(|error| format!("it does not go on: {error:?}"))?;
        let wires = proxy.wires();
        // Tokens that could not be saved are saved now.
        world.advance(Duration::from_secs(3));
        client_here.access_token(Duration::ZERO).await.map_err(|error| format!("later: {error:?}"))?;
        let status = client_here.status().await.map_err(|error| format!("{error:?}"))?;
        check(!status.is_unsaved, || "its tokens are not saved".to_owned())?;
        let stored = client(server.address()).access_token(Duration::ZERO).await.map_err(|error| format!("restarted: {error:?}"))?;
        check(stored.secret() == token.secret(), || "other tokens are stored".to_owned())?;
        let requests = world.issuer.requests();
        let refreshes = requests.iter().filter_map(|request| request.param("refresh_token")).count();
        check(refreshes == 1, || format!("a refresh token was sent {refreshes} times"))?;
        check(!proxy.has_hung(), || "a call that never ended".to_owned())?;
        Ok((proxy.is_struck(), wires))
    })
}

#[test]
fn a_call_of_redis_fails_alone_wherever_its_connection_fails() {
    let server = Server::redis();
    // A server that does not know the script yet is told it, once for all.
    calls(&server, true, None).unwrap();
    sweep("redis-blocking", 5, |cut| calls(&server, true, cut));
    sweep("redis-async", 5, |cut| calls(&server, false, cut));
}

#[test]
fn a_script_that_redis_is_told_is_told_again_wherever_its_connection_fails() {
    let server = Server::redis();
    let anew = |cut| {
        let Server::Redis(redis) = &server else { panic!() };
        redis.ask::<String>(&[b"SCRIPT", b"FLUSH"]);
        calls(&server, true, cut)
    };
    let (_, wires) = anew(None).unwrap();
    let mut tally = Tally::default();
    for (side, bytes) in [(Side::Request, &wires[0].request), (Side::Response, &wires[0].response)] {
        let cuts: Vec<Cut> = (0..=bytes.len()).step_by(7).map(|at| Cut { connection: 0, side, at, how: How::End }).collect();
        tally.add(all(&cuts, 1, |cut| anew(Some(cut)).map(|(is_struck, _)| is_struck)));
    }
    tally.report("redis-script");
}

#[test]
fn a_call_of_postgresql_fails_alone_wherever_its_connection_fails() {
    let server = Server::postgres();
    sweep("postgres-async", 7, |cut| calls(&server, false, cut));
    sweep("postgres-blocking", 13, |cut| calls(&server, true, cut));
}

// R078
#[test]
fn a_refresh_over_redis_is_sent_once_wherever_the_store_s_connection_fails() {
    let server = Server::redis();
    calls(&server, true, None).unwrap();
    sweep("redis-renewal", 11, |cut| renewal(&server, cut));
}

// R078
#[test]
fn a_refresh_over_postgresql_is_sent_once_wherever_the_store_s_connection_fails() {
    let server = Server::postgres();
    sweep("postgres-renewal", 19, |cut| renewal(&server, cut));
}
