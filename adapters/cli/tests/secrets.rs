//! No command but `token` prints a secret, in whatever form and whatever happens.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use std::fs;

use common::World;

// R075 R150
#[test]
fn no_secret_is_in_any_output_but_that_of_token() {
    const SECRET: &str = "s3cr3t:/?%+ &=~";
    let world = World::new();
    let (api, admin) = (world.issuer.api_url(), format!("{}/admin", world.issuer.api_url()));
    let file = world.path("secret");
    fs::write(&file, SECRET).unwrap();
    let login =
        ["--client-id", "web", "--client-secret-file", file.to_str().unwrap(), "--auth", "post", "--scope", "openid", "--api", &api];
    let mut printed = String::new();
    let mut secrets = vec![SECRET.to_owned()];
    for json in [true, false] {
        let run = world.login(&login);
        printed += &format!("{}{}", run.out, run.err);
        secrets.push(world.run(&["token"]).expect(0).out.trim().to_owned());
        world.issuer.revoke_all_access_tokens();
        for args in [
            &["call", &api][..],
            &["call", &api, "-i"],
            &["call", &admin, "--fail"],
            &["call", "https://evil.example/"],
            &["status"],
            &["login", "https://as.example", "--client-id", "x"],
            &["token", "--profile", "other"],
            &["token", "--min-ttl", "x"],
            &["logout"],
            &["token"],
            &["logout", "--forget"],
        ] {
            let args = if json { [args, &["--json"]].concat() } else { args.to_vec() };
            let run = world.run(&args);
            printed += &format!("{}{}", run.out, run.err);
        }
    }
    for seen in world.issuer.requests() {
        for name in ["code", "code_verifier", "refresh_token", "token", "client_secret"] {
            secrets.extend(seen.param(name).map(str::to_owned));
        }
        secrets.extend(seen.header("authorization").and_then(|value| value.split_once(' ')).map(|(_, token)| token.to_owned()));
    }
    secrets.sort_unstable();
    secrets.dedup();
    // Two grants of two access tokens each, their codes, verifiers and refresh tokens, and the client's secret.
    assert!(secrets.len() >= 11, "{secrets:?}");
    for secret in secrets {
        assert!(secret.len() > 8 && !printed.contains(&secret), "{secret} in {printed}");
    }
}

// R151
#[cfg(unix)]
#[test]
fn what_holds_tokens_is_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let login = world.begin_login(&[]);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&world.path("grants/default.grant.pending")), 0o600);
    login.kill();
    world.login(&[]);
    assert_eq!((mode(&world.path("grants")), mode(&world.path("profiles"))), (0o700, 0o700));
    for file in common::files(&world.path("grants")) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert!(!world.path("grants/default.grant.pending").exists());
}
