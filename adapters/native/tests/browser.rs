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

/// Which of these tests a process was started for, by itself: its environment decides which browser there is.
const CHILD: &str = "EXPECT_BROWSER";

/// Opens the browser in a process of its own, which is this very test once more, with only this environment.
fn open_in(test: &str, expected: bool, environment: &[(&str, &Path)]) -> Output {
    let expected = if expected { "yes" } else { "no" };
    let mut again = Command::new(env::current_exe().unwrap());
    again.args(["--exact", test]).env_clear().env(CHILD, expected).envs(environment.iter().copied()).output().unwrap()
}

/// What the process of its own does; whether this is it.
fn is_child() -> bool {
    let Some(expected) = env::var_os(CHILD) else { return false };
    let result = open_browser(AuthorizationUrl::parse(URL).unwrap());
    assert_eq!(result.is_ok(), expected == "yes");
    if let Err(error) = result {
        assert!(matches!(error, Error::Browser(_)));
        assert!(error.to_string().contains("open the address by hand"));
        assert!(!format!("{error} {error:?}").contains("as.example"));
    }
    true
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
    if is_child() {
        return;
    }
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
    let output = open_in("the_system_browser_gets_the_url_as_its_one_argument", true, &[("BROWSER", &script)]);
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
    if is_child() {
        return;
    }
    let empty = folder("no-browser");
    let output = open_in("without_a_browser_the_error_tells_the_person_what_to_do", false, &[("PATH", &empty), ("HOME", &empty)]);
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
