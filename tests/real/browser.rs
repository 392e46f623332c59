//! A whole sign-in through a real browser: the person types and clicks, the loopback listener gets the redirect.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

use std::{thread, time::Duration};

use gatepass::Client;
use gatepass_native::{Listener, Outcome, Verdict};
use gatepass_store::driver::Discover;
use gatepass_support::{Browser, NATIVE_CLIENT, OidcProvider, PERSON, ProviderOptions};
use gatepass_tests::{Shell, settings, userinfo_grant};

// R015 R037 R042 R092 R095
#[test]
fn a_person_signs_in_with_a_real_browser_and_the_listener_gets_the_redirect() {
    let provider = OidcProvider::start(ProviderOptions::default());
    let server = gatepass_ureq::discover(&Discover::new(provider.issuer()).danger_allow_http_on_loopback()).unwrap();
    let client = gatepass_ureq::Client::new(settings(&provider, server, Client::public(NATIVE_CLIENT))).unwrap();

    let mut listener = Listener::bind("/callback").unwrap();
    let url = client.begin_sign_in(&userinfo_grant(), listener.redirect_uri()).unwrap();
    let browser = Browser::start();
    let redirect = thread::scope(|scope| {
        let person = scope.spawn(|| browser.sign_in(&url, PERSON));
        let mut redirect = None;
        // The favicon, and whatever else a browser asks for, is not for the sign-in: the listener sees to that.
        let outcome = listener.receive(Duration::from_secs(120), |uri| {
            redirect = Some(uri.to_owned());
            Verdict::Accepted
        });
        assert_eq!(outcome.unwrap(), Some(Outcome::Accepted));
        person.join().unwrap();
        redirect.unwrap()
    });
    let page = browser.page_text();
    assert!(page.contains("close this window"), "{page}");
    assert!(listener.addresses().next().is_none(), "the port is closed");

    client.finish_sign_in(&redirect).unwrap();
    let me = client.get(&format!("{}/me", provider.issuer())).unwrap().body_mut().read_to_string().unwrap();
    assert!(me.contains(PERSON), "{me}");
}

// R015 R095
#[test]
fn the_command_signs_a_person_in_through_a_real_browser() {
    let provider = OidcProvider::start(ProviderOptions::default());
    let shell = Shell::open();
    let login = shell.login(&provider);
    let browser = Browser::start();
    browser.sign_in(&login.url, PERSON);
    assert!(browser.page_text().contains("close this window"));
    assert_eq!(login.finish(), Some(0));
    let (code, said) = shell.run(&["call", &format!("{}/me", provider.issuer())]);
    assert!(code == 0 && said.contains(PERSON), "{said}");
}
