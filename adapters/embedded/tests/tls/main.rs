//! TLS to servers of rustls, and to hostile ones. Each refusal that embedded-tls alone would not make is named.
#![cfg(feature = "embedded-tls")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    reason = "tests run on std, on small numbers"
)]

mod alone;
mod authority;
mod handshake;
mod hostile;
mod peers;

use authority::{Authority, Identity, authority, common_name, key, server};
use gatepass_embedded::tls::{CertificateError, Clock, Error, PinnedRoot, ServerName};
use peers::{BODY, NOW, verdict, verdict_at};
use rcgen::{
    CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519, date_time_ymd,
};

/// What became of a server that the root signed for, made otherwise in one thing.
fn otherwise(change: impl FnOnce(&mut CertificateParams)) -> Result<Vec<u8>, Error> {
    let root = Authority::root("root");
    verdict(root.issue(&but(server(&["as.example"]), change)), root.der())
}

fn but(mut params: CertificateParams, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    change(&mut params);
    params
}

#[track_caller]
fn refused(outcome: Result<Vec<u8>, Error>, because: CertificateError) {
    match outcome {
        Err(Error::Certificate(why)) => assert_eq!(why, because),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_the_root_vouches_for_is_talked_to() {
    assert_eq!(otherwise(|_| {}).unwrap(), BODY);
    let usual = |params: &mut CertificateParams| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
    };
    assert_eq!(otherwise(usual).unwrap(), BODY);
}

#[test]
fn a_server_may_show_its_root_too() {
    let root = Authority::root("root");
    assert_eq!(verdict(root.issue(&server(&["as.example"])).with(&root), root.der()).unwrap(), BODY);
}

#[test]
fn a_leaf_is_no_issuer() {
    let root = Authority::root("root");
    let leaf = root.authority(server(&["mine.example"]));
    let forged = || leaf.issue(&server(&["as.example"]));
    refused(verdict(forged().with(&leaf), root.der()), CertificateError::Issuer);
    refused(verdict(forged(), root.der()), CertificateError::Issuer);
    // Nor is one that bears the root's name.
    let leaf = root.authority(but(authority("root"), |params| params.is_ca = IsCa::NoCa));
    refused(verdict(leaf.issue(&server(&["as.example"])).with(&leaf), root.der()), CertificateError::Signature);
}

#[test]
fn a_leaf_cannot_be_pinned() {
    let root = Authority::root("root");
    let leaf = root.issue(&server(&["as.example"]));
    assert_eq!(PinnedRoot::from_der(&leaf.chain[0]).map(|_| ()), Err(CertificateError::NotAnAuthority));
    let idle = Authority::self_signed(but(authority("root"), |params| params.key_usages = vec![KeyUsagePurpose::CrlSign]), key());
    assert_eq!(PinnedRoot::from_der(idle.der()).map(|_| ()), Err(CertificateError::NotAnAuthority));
}

#[test]
fn an_intermediate_authority_without_the_flag_is_none() {
    let root = Authority::root("root");
    let between = root.authority(but(authority("between"), |params| params.is_ca = IsCa::NoCa));
    let identity = || between.issue(&server(&["as.example"])).with(&between);
    refused(verdict(identity(), root.der()), CertificateError::Issuer);
    refused(verdict(identity(), between.der()), CertificateError::NotAnAuthority);
}

#[test]
fn an_intermediate_authority_is_pinned_or_refused() {
    let root = Authority::root("root");
    let between = root.authority(authority("between"));
    let identity = || between.issue(&server(&["as.example"])).with(&between);
    refused(verdict(identity(), root.der()), CertificateError::Issuer);
    assert_eq!(verdict(identity(), between.der()).unwrap(), BODY);
}

#[test]
fn an_authority_is_no_server() {
    let root = Authority::root("root");
    let params = but(authority("both"), |params| params.subject_alt_names = server(&["as.example"]).subject_alt_names);
    refused(verdict(root.issue(&params), root.der()), CertificateError::Authority);
}

// R046
#[test]
fn another_root_is_not_believed() {
    let (root, other) = (Authority::root("root"), Authority::root("other"));
    refused(verdict(other.issue(&server(&["as.example"])), root.der()), CertificateError::Issuer);
}

#[test]
fn a_root_of_the_same_name_with_another_key_is_not_believed() {
    let (root, other) = (Authority::root("root"), Authority::root("root"));
    refused(verdict(other.issue(&server(&["as.example"])), root.der()), CertificateError::Signature);
}

#[test]
fn a_certificate_that_signed_itself_is_not_believed() {
    let root = Authority::root("root");
    let params = but(server(&["as.example"]), |params| params.distinguished_name = common_name("root"));
    let key = key();
    let itself = Identity { chain: vec![params.self_signed(&key).unwrap().into()], key: key.serialize_der().into() };
    refused(verdict(itself, root.der()), CertificateError::Signature);
}

#[test]
fn another_name_is_refused() {
    let root = Authority::root("root");
    for names in [&["api.example"][..], &["as.example.net"], &["x.as.example"], &["*.example"], &["*.as.example"], &["a*.example"]] {
        refused(verdict(root.issue(&server(names)), root.der()), CertificateError::Name);
    }
}

#[test]
fn a_name_is_found_among_others_and_in_any_case() {
    let root = Authority::root("root");
    let identity = || root.issue(&server(&["192.0.2.1", "other.example", "AS.example"]));
    assert_eq!(verdict(identity(), root.der()).unwrap(), BODY);
    assert_eq!(verdict_at(identity(), root.der(), "as.EXAMPLE:8443", NOW).unwrap(), BODY);
    assert_eq!(verdict_at(identity(), root.der(), "192.0.2.1:8443", NOW).unwrap(), BODY);
}

#[test]
fn a_star_stands_for_one_whole_first_label() {
    let root = Authority::root("root");
    let of = |host| verdict_at(root.issue(&server(&["*.as.example"])), root.der(), host, NOW);
    assert_eq!(of("eu.as.example").unwrap(), BODY);
    for host in ["as.example", "x.eu.as.example", "eu.as.example.net"] {
        refused(of(host), CertificateError::Name);
    }
}

#[test]
fn an_address_is_no_name_and_a_name_no_address() {
    let root = Authority::root("root");
    let mut written_out = server(&[]);
    written_out.subject_alt_names = vec![rcgen::SanType::DnsName("127.0.0.1".try_into().unwrap())];
    refused(verdict_at(root.issue(&written_out), root.der(), "127.0.0.1", NOW), CertificateError::Name);
    let identity = || root.issue(&server(&["2001:db8::1"]));
    assert_eq!(verdict_at(identity(), root.der(), "[2001:db8:0::1]:443", NOW).unwrap(), BODY);
    refused(verdict_at(identity(), root.der(), "[2001:db8::2]:443", NOW), CertificateError::Name);
}

#[test]
fn a_common_name_is_no_name() {
    refused(
        otherwise(|params| {
            params.distinguished_name = common_name("as.example");
            params.subject_alt_names.clear();
        }),
        CertificateError::NoNames,
    );
}

#[test]
fn a_common_name_beside_another_alternative_name_is_no_name() {
    refused(
        otherwise(|params| {
            params.distinguished_name = common_name("as.example");
            params.subject_alt_names = server(&["other.example"]).subject_alt_names;
        }),
        CertificateError::Name,
    );
}

#[test]
fn a_certificate_has_its_time() {
    refused(otherwise(|params| params.not_after = date_time_ymd(2026, 11, 21)), CertificateError::Expired);
    refused(otherwise(|params| params.not_before = date_time_ymd(2026, 11, 24)), CertificateError::NotYetValid);
    for year in [2049, 2051, 9999] {
        assert_eq!(otherwise(|params| params.not_after = date_time_ymd(year, 12, 31)).unwrap(), BODY);
    }
}

#[test]
fn without_a_clock_an_expired_certificate_passes_and_nothing_else() {
    let root = Authority::root("root");
    let expired = |name| root.issue(&but(server(&[name]), |params| params.not_after = date_time_ymd(2020, 1, 1)));
    let clock = Clock::unknown_so_expired_certificates_pass();
    assert_eq!(verdict_at(expired("as.example"), root.der(), "as.example", clock).unwrap(), BODY);
    refused(verdict_at(expired("other.example"), root.der(), "as.example", clock), CertificateError::Name);
}

#[test]
fn a_key_for_other_purposes_is_refused() {
    refused(otherwise(|params| params.key_usages = vec![KeyUsagePurpose::KeyAgreement]), CertificateError::KeyUsage);
    refused(otherwise(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]), CertificateError::Purpose);
}

#[test]
fn a_critical_extension_must_be_known() {
    let with = |critical| {
        otherwise(|params| {
            let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
            extension.set_criticality(critical);
            params.custom_extensions = vec![extension];
        })
    };
    refused(with(true), CertificateError::Extension);
    assert_eq!(with(false).unwrap(), BODY);
}

#[test]
fn a_repeated_extension_is_refused() {
    let more = CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 3, 0x82, 1, b'a']);
    refused(otherwise(|params| params.custom_extensions = vec![more]), CertificateError::Malformed);
}

#[test]
fn a_root_with_name_constraints_cannot_be_pinned() {
    let mut params = authority("root");
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: vec![GeneralSubtree::DnsName("example".into())], excluded_subtrees: vec![] });
    let root = Authority::self_signed(params, key());
    refused(verdict(root.issue(&server(&["as.example"])), root.der()), CertificateError::Extension);
}

#[test]
fn other_algorithms_are_refused() {
    let root = Authority::root("root");
    for algorithm in [&PKCS_ED25519, &PKCS_ECDSA_P384_SHA384] {
        let other = || KeyPair::generate_for(algorithm).unwrap();
        refused(verdict(root.issue_for(&server(&["as.example"]), &other()), root.der()), CertificateError::Algorithm);
        let root = Authority::self_signed(authority("root"), other());
        refused(verdict(root.issue(&server(&["as.example"])), root.der()), CertificateError::Algorithm);
    }
}

#[test]
fn what_is_no_host_is_no_server_name() {
    for authority in
        ["", ":443", "as example", "as.example.", "a..b", "-a.b", "a-.b", "as.example:x", "[::1", "[::1]x", "1.2.3", "::1", "a_b.c", "ä.de"]
    {
        assert!(matches!(ServerName::from_authority(authority), Err(Error::ServerName)), "{authority}");
    }
    for authority in ["a", "as.example", "xn--bcher-kva.example:8443", "1.2.3.4:1", "[::1]", "1a.2b"] {
        assert!(ServerName::from_authority(authority).is_ok(), "{authority}");
    }
}
