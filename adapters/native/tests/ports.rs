//! Which addresses and ports a listener takes, and which it must not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, clippy::std_instead_of_core, reason = "tests run on std, on small numbers")]

mod common;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use common::wait_for_the_right_state;
use gatepass_native::{Error, Listener};

/// A port that was free a moment ago in both families.
fn free_port() -> u16 {
    Listener::bind("/").unwrap().addresses().next().unwrap().port()
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

// R092
#[test]
fn only_the_loopback_literals_are_listened_on() {
    let listener = Listener::bind("/callback").unwrap();
    let addresses: Vec<SocketAddr> = listener.addresses().collect();
    let port = addresses[0].port();
    assert_eq!(addresses[0].ip(), Ipv4Addr::LOCALHOST);
    for other in &addresses[1..] {
        assert_eq!(*other, SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
    }
    assert_eq!(addresses.len() == 2, has_ipv6());
    assert_eq!(listener.redirect_uri(), format!("http://127.0.0.1:{port}/callback"));
}

// R092
#[cfg(target_os = "linux")]
#[test]
fn the_system_agrees_that_the_sockets_are_bound_to_loopback() {
    let listener = Listener::bind("/callback").unwrap();
    let port = format!(":{:04X}", listener.addresses().next().unwrap().port());
    let listening = "0A";
    let mut bound = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words[1].ends_with(&port) && words[3] == listening {
                bound.push(words[1].trim_end_matches(&port).to_owned());
            }
        }
    }
    assert!(bound.contains(&"0100007F".to_owned()), "{bound:?}");
    assert!(bound.iter().all(|a| a == "0100007F" || a == "00000000000000000000000001000000"), "{bound:?}");
}

// R093
#[test]
fn the_redirect_is_received_in_both_families() {
    let families = Listener::bind("/callback").unwrap().addresses().count();
    for family in 0..families {
        let listener = Listener::bind("/callback").unwrap();
        let address = listener.addresses().nth(family).unwrap();
        let mut waiting = wait_for_the_right_state(listener);
        waiting.address = address;
        waiting.succeed();
    }
}

// R094
#[test]
fn each_sign_in_has_a_port_of_its_own() {
    let listeners: Vec<Listener> = (0..8).map(|_| Listener::bind("/callback").unwrap()).collect();
    let mut ports: Vec<u16> = listeners.iter().flat_map(|l| l.addresses().next()).map(|a| a.port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 8);
}

// R094
#[test]
fn a_fixed_port_that_is_taken_in_either_family_is_an_error_with_its_cure() {
    let families = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    for family in &families[..if has_ipv6() { 2 } else { 1 }] {
        let stranger = TcpListener::bind(family).unwrap();
        let address = stranger.local_addr().unwrap();
        let error = Listener::bind_port("/callback", address.port()).unwrap_err();
        assert_eq!(error, Error::PortTaken(address));
        assert!(error.to_string().contains(&format!("another program listens on {address}: end it, or use")));
    }
}

// R094
#[test]
fn a_port_is_not_shared_with_another_listener() {
    let listener = Listener::bind("/callback").unwrap();
    for address in listener.addresses() {
        TcpListener::bind(address).unwrap_err();
        assert!(Listener::bind_port("/", address.port()).is_err());
    }
}

// R094
#[test]
fn a_fixed_port_is_used_as_it_is() {
    let port = free_port();
    let listener = Listener::bind_port("/callback", port).unwrap();
    assert_eq!(listener.redirect_uri(), format!("http://127.0.0.1:{port}/callback"));
    assert!(listener.addresses().all(|address| address.port() == port));
    for port in [0, 80] {
        assert_eq!(Listener::bind_port("/callback", port).unwrap_err(), Error::Port);
    }
}

// R094
#[test]
fn a_resumed_sign_in_finds_its_port_again() {
    let first = Listener::bind("/oauth/callback").unwrap();
    let redirect_uri = first.redirect_uri().to_owned();
    // With a connection that was open at the end, whose other half lingers in the system.
    let stream = common::connect(first.addresses().next().unwrap());
    drop(first);
    let second = Listener::bind_again(&redirect_uri).unwrap();
    assert_eq!(second.redirect_uri(), redirect_uri);
    drop(stream);
}

// R093
#[test]
fn a_resumed_sign_in_keeps_its_family() {
    if has_ipv6() {
        let redirect_uri = format!("http://[::1]:{}/callback", free_port());
        let listener = Listener::bind_again(&redirect_uri).unwrap();
        assert_eq!(listener.redirect_uri(), redirect_uri);
    }
}

// R092
#[test]
fn only_a_uri_that_a_listener_made_can_be_resumed() {
    for uri in [
        "",
        "http://",
        "http://127.0.0.1:49152",
        "https://127.0.0.1:49152/callback",
        "http://localhost:49152/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.2:49152/callback",
        "http://0.0.0.0:49152/callback",
        "http://192.0.2.1:49152/callback",
        "http://[::]:49152/callback",
        "http://[0:0::1]:49152/callback",
        "http://127.0.0.1:049152/callback",
        "http://127.0.0.1:99999/callback",
        "http://user@127.0.0.1:49152/callback",
        "http://127.0.0.1:49152/callback?x",
        "http://127.0.0.1:49152/a/../b",
        "HTTP://127.0.0.1:49152/callback",
        "com.example.app:/callback",
    ] {
        assert_eq!(Listener::bind_again(uri).unwrap_err(), Error::RedirectUri, "{uri}");
    }
}
