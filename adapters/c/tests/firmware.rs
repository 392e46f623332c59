//! A firmware written in C, in the emulator, with the harness of the firmware in Rust.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::print_stdout,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

mod common;

use std::{path::PathBuf, time::Duration};

use common::{Profile, ROOT, STRICT, library, path, run};
use gatepass_emulator::{Certified, Embedded, Goal, LIFE, Machine, Once, Report, Script, Sweep, World};
use tempfile::TempDir;

const TARGET: &str = "thumbv7em-none-eabi";

/// Links the firmware with the library, which must not be able to panic.
fn firmware() -> (TempDir, PathBuf) {
    let library = library("staticlib", Some(TARGET), Profile::Small, "no-panic");
    let folder = tempfile::tempdir().unwrap();
    let elf = path(folder.path(), "firmware.elf");
    let machine = ["-mcpu=cortex-m4", "-mthumb", "-Os", "-ffunction-sections", "-fdata-sections"];
    let link = ["-nostartfiles", "-Wl,--gc-sections,-z,noexecstack", "-Ttests/c/firmware/link.ld"];
    let include = ["-Iadapters/c/include", "-Iadapters/c/examples", "-Itests/c/firmware"];
    let sources = ["tests/c/firmware/start.c", "tests/c/firmware/line.c", "tests/c/firmware/nor.c", "tests/c/firmware/main.c"];
    let example = ["adapters/c/examples/rtos_task.c", "adapters/c/examples/http1.c"];
    let output = [library.to_str().unwrap(), "-o", &elf];
    run("arm-none-eabi-gcc", &[&STRICT[..], &machine, &link, &include, &sources, &example, &output].concat());
    let elf = PathBuf::from(elf);
    (folder, elf)
}

fn live(world: &mut dyn World, script: &mut dyn Script) -> Report {
    let (_folder, elf) = firmware();
    let report = gatepass_emulator::run(Machine::Mps2, &elf, world, script);
    for name in ["code", "code_verifier", "state", "refresh_token", "authorization"] {
        assert!(report.secrets(name) > 0, "nothing was there to be seen of {name}");
    }
    assert_eq!(report.seen(), Vec::<&str>::new(), "no secret is told");
    report
}

#[test]
fn a_c_firmware_lives_a_whole_life() {
    let mut world = Embedded::start(Duration::ZERO);
    let report = live(&mut world, &mut Once(&LIFE));
    report.print();
    assert!(report.secrets("token") > 0, "nothing was there to be seen of the revocation");
    let counts = world.issuer().counts();
    assert_eq!((counts.code_successes, counts.refresh_successes, counts.reuse_detections, counts.revocations), (1, 4, 0, 1));
    assert_eq!((report.count("called 200"), report.count("refreshed"), report.count("signed out"), report.lost), (5, 1, 1, 0));
    assert_eq!(world.issuer().live_grants(), 0);
}

#[test]
fn a_c_firmware_lives_at_a_certified_server() {
    let life = [Goal::SignIn, Goal::Call, Goal::Sleep(3_100), Goal::Call, Goal::SignOut];
    let report = live(&mut Certified::start(3), &mut Once(&life));
    assert_eq!((report.count("called 200"), report.lost), (2, 0));
}

/// Past the end of an access token.
const EXPIRED: Goal = Goal::Sleep(61_000);

/// Resets at each frame of a refresh: an expired token, a call, and all that follows from it. What a round ends with notices when the
/// grant is gone.
fn at_each_frame_of_a_refresh(overlap: Duration) -> (Report, Embedded) {
    let mut world = Embedded::start(overlap);
    let goals = [EXPIRED, Goal::Call];
    let mut sweep = Sweep::new(&goals, &[EXPIRED, Goal::Call, EXPIRED, Goal::Call]);
    let report = live(&mut world, &mut sweep);
    println!(
        "{} resets, {} refreshes cut between send and commit, {} grants lost, {} frames",
        report.resets, report.exposed, report.lost, report.frames
    );
    assert!(report.resets == sweep.resets() && report.resets > 20 && report.exposed > 0, "{report:?}");
    (report, world)
}

#[test]
fn a_c_firmware_that_is_reset_at_each_frame_of_a_refresh_keeps_its_grant_with_an_overlap() {
    let (report, world) = at_each_frame_of_a_refresh(Duration::from_secs(3600));
    assert_eq!((report.lost, world.issuer().counts().reuse_detections), (0, 0), "{:#?}", report.told);
}

#[test]
fn a_c_firmware_that_is_reset_at_each_frame_of_a_refresh_loses_what_was_cut_between_send_and_commit() {
    let (report, world) = at_each_frame_of_a_refresh(Duration::ZERO);
    let noticed = world.issuer().counts().reuse_detections;
    assert_eq!((report.lost, noticed), (report.exposed, report.exposed), "{:#?}", report.told);
}

/// The linker that comes with Rust knows every target.
fn linker() -> PathBuf {
    let sysroot = run("rustc", &["--print", "sysroot"]);
    let version = run("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    PathBuf::from(sysroot.trim()).join("lib/rustlib").join(host).join("bin/rust-lld")
}

#[test]
fn no_function_of_the_header_can_panic_on_any_target() {
    let header = std::fs::read_to_string(path(ROOT.as_ref(), "adapters/c/include/gatepass.h")).unwrap();
    let (_, prototypes) = header.split_once("extern \"C\"").unwrap();
    let code = prototypes.lines().filter(|line| !line.starts_with("//"));
    let functions: Vec<&str> = code.filter_map(|line| line.split_once('(')?.0.split_once(" gatepass_").map(|(_, name)| name)).collect();
    assert!(functions.len() > 30, "{functions:?}");
    let roots: Vec<String> = functions.iter().map(|name| format!("--undefined=gatepass_{name}")).collect();
    let (linker, folder) = (linker(), tempfile::tempdir().unwrap());
    for target in [TARGET, "thumbv6m-none-eabi", "riscv32imac-unknown-none-elf"] {
        let library = library("staticlib", Some(target), Profile::Small, "no-panic");
        let image = path(folder.path(), target);
        let mut arguments = vec!["-flavor", "gnu", "--gc-sections", "--entry=gatepass_poll", library.to_str().unwrap(), "-o", &image];
        arguments.extend(roots.iter().map(String::as_str));
        run(linker.to_str().unwrap(), &arguments);
    }
}
