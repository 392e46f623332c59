//! What the system browser is started with. Where it can be told by an environment variable.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, clippy::std_instead_of_core, reason = "tests run on std, on small numbers")]
#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use gatepass::AuthorizationUrl;
use gatepass_native::{Error, open_browser};

const URL: &str = "https://as.example/authorize?response_type=code&client_id=a%20b&state=$(id)&x=';ls;'&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback";

/// Run by the other tests in a process of its own, whose environment they choose.
#[test]
#[ignore = "needs the environment that another test gives it"]
fn child_opens_the_browser() {
    let result = open_browser(AuthorizationUrl::parse(URL).unwrap());
    assert_eq!(result.is_ok(), env::var_os("EXPECT_BROWSER").is_some());
    if let Err(error) = result {
        assert!(matches!(error, Error::Browser(_)));
        assert!(error.to_string().contains("open the address by hand"));
        assert!(!format!("{error} {error:?}").contains("as.example"));
    }
}

fn child(environment: &[(&str, &Path)]) -> Output {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child_opens_the_browser", "--ignored"])
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

// R015, R016
#[test]
fn the_system_browser_gets_the_url_as_its_one_argument() {
    let folder = folder("browser");
    let (script, seen) = (folder.join("browser"), folder.join("seen"));
    let written = folder.join("written");
    fs::write(
        &script,
        format!(
            "#!/bin/sh\nfor a in \"$@\"; do printf '%s\\n' \"$a\" >>{w}; done\n/bin/mv {w} {s}\n",
            w = written.display(),
            s = seen.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let output = child(&[("BROWSER", &script), ("EXPECT_BROWSER", Path::new("1"))]);
    assert!(output.status.success(), "{output:?}");

    // The browser is not waited for; this ends so that a failure does.
    let guard = Instant::now() + Duration::from_secs(60);
    while !seen.exists() && Instant::now() < guard {
        thread::sleep(Duration::from_millis(10));
    }
    // The opener writes quotes as %27, which is the same URL.
    assert_eq!(fs::read_to_string(&seen).unwrap(), URL.replace('\'', "%27") + "\n");
}

// R016
#[test]
fn without_a_browser_the_error_tells_the_person_what_to_do() {
    let empty = folder("no-browser");
    let output = child(&[("PATH", &empty), ("HOME", &empty)]);
    assert!(output.status.success(), "{output:?}");
}

// R016
#[test]
fn what_no_browser_should_get_cannot_be_opened() {
    for url in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "--new-window",
        "-x",
        "$(id)",
        "https://as.example/ --flag",
        "http://as.example/authorize",
        "",
    ] {
        assert!(AuthorizationUrl::parse(url).is_err(), "{url}");
    }
}
