//! The flash store: compare-and-swap, what corruption becomes, and what a wipe leaves.
#![allow(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]
#![cfg(feature = "sequential-storage")]

#[path = "world/nor.rs"]
mod nor;
#[path = "world/server.rs"]
mod server;
mod world;

use core::time::Duration;

use embassy_futures::block_on;
use gatepass::{AuthorizationCode, Config, Grant, Input, Output, Policy, Session, Version};
use gatepass_embedded::{
    Exchange,
    flash::{BUFFER_OVERHEAD, BlockingFlashStore, FlashError, Swap},
};
use gatepass_issuer::Issuer;
use nor::{Cut, Nor, Off, SECTOR};
use server::{Rules, Server};
use world::{Endpoints, REDIRECT, at, entropy};

const SECTORS: usize = 1;
const LONGEST: usize = SECTORS * SECTOR - 224;
const RANGE: core::ops::Range<u32> = 0..(4 * SECTORS * SECTOR) as u32;

type Buffer = [u8; LONGEST + BUFFER_OVERHEAD];

fn store(nor: &mut Nor) -> BlockingFlashStore<&mut Nor, SECTORS> {
    BlockingFlashStore::new(nor, RANGE, LONGEST).unwrap()
}

fn load(nor: &mut Nor) -> Result<Option<Vec<u8>>, FlashError<Off>> {
    let mut buffer: Buffer = [0; LONGEST + BUFFER_OVERHEAD];
    store(nor).load(&mut buffer).map(|found| found.map(<[u8]>::to_vec))
}

/// Flash after a sign-in and so many rotations, and each record that was stored.
fn used(rotations: usize) -> (Nor, Vec<Vec<u8>>) {
    let endpoints = Endpoints::of(&Issuer::builder().start().unwrap());
    let config = endpoints.config(Policy::DEFAULT);
    let mut nor = Nor::new(4 * SECTORS);
    let records = run(&mut nor, &config, rotations);
    (nor, records)
}

fn run(nor: &mut Nor, config: &Config<'_>, rotations: usize) -> Vec<Vec<u8>> {
    let mut server = Server::Rules(Rules::new(Duration::ZERO));
    let mut session = Session::<[u8; 1024]>::new();
    let (mut records, mut now) = (Vec::new(), 0);
    loop {
        let (mut out, mut buffer) = ([0; 2048], [0; LONGEST + BUFFER_OVERHEAD]);
        match session.poll(config, at(now), &mut out).unwrap() {
            Output::Load => drop(session.handle(config, at(now), Input::Found(None, &entropy())).unwrap()),
            Output::SignIn(_) => {
                let grant = Grant::AuthorizationCode(AuthorizationCode::new());
                session.sign_in(config, at(now), &grant, REDIRECT, &entropy()).unwrap();
            }
            Output::Visit(url) => {
                let redirect = server.visit(url.as_str());
                session.handle(config, at(now), Input::Redirect(&redirect)).unwrap();
            }
            Output::Save(save) => {
                let swapped = store(nor).swap(&save, &mut buffer);
                records.push(save.record().to_vec());
                session.handle(config, at(now), Swap::input(&swapped, save.ticket())).unwrap();
            }
            Output::Send(request) => {
                let authority = request.authority();
                server.carry(Exchange::new(&mut session, config, request, || at(now)), authority);
            }
            Output::Sleep(_) if now == rotations as u64 * 61_000 => return records,
            Output::Sleep(_) => now += 61_000,
            output => panic!("{output:?}"),
        }
    }
}

/// Where in flash a text begins last.
fn find_last(nor: &Nor, text: &[u8]) -> usize {
    nor.bytes.windows(text.len()).rposition(|window| window == text).unwrap()
}

#[test]
fn the_newest_record_is_found_by_whoever_starts() {
    for rotations in 0..8 {
        let (mut nor, records) = used(rotations);
        assert_eq!(load(&mut nor).unwrap().as_ref(), records.last());
    }
}

#[test]
fn a_save_takes_its_record_and_some_thirty_bytes_of_a_group() {
    let (nor, records) = used(60);
    let longest = records.iter().map(Vec::len).max().unwrap();
    let in_a_group = (SECTORS * SECTOR - 8) / (longest + 32);
    let groups = records.len().div_ceil(in_a_group);
    // The first groups were erased when they came.
    assert!(nor.erases <= groups * SECTORS, "{} erasures, {} saves", nor.erases, records.len());
    assert!(nor.erases >= (groups - 5) * SECTORS, "{} erasures, {} saves", nor.erases, records.len());
}

#[test]
fn another_version_than_expected_supersedes_and_changes_nothing() {
    let endpoints = Endpoints::of(&Issuer::builder().start().unwrap());
    let config = endpoints.config(Policy::DEFAULT);
    let (mut nor, records) = used(2);
    let (before, mut buffer) = (nor.bytes.clone(), [0; LONGEST + BUFFER_OVERHEAD]);
    // A session that believes flash to be empty.
    let mut other = Nor::new(4 * SECTORS);
    let mut session = Session::<[u8; 1024]>::new();
    let mut server = Server::Rules(Rules::new(Duration::ZERO));
    for _ in 0..16 {
        let mut out = [0; 2048];
        match session.poll(&config, at(0), &mut out).unwrap() {
            Output::Load => drop(session.handle(&config, at(0), Input::Found(None, &entropy())).unwrap()),
            Output::SignIn(_) => {
                let grant = Grant::AuthorizationCode(AuthorizationCode::new());
                session.sign_in(&config, at(0), &grant, REDIRECT, &entropy()).unwrap();
            }
            Output::Visit(url) => {
                let redirect = server.visit(url.as_str());
                session.handle(&config, at(0), Input::Redirect(&redirect)).unwrap();
            }
            Output::Send(request) => server.carry(Exchange::new(&mut session, &config, request, || at(0)), ""),
            Output::Save(save) => {
                assert!(save.expected().is_none() && matches!(store(&mut other).swap(&save, &mut buffer), Ok(Swap::Saved)));
                let Ok(Swap::Superseded(Some(found))) = store(&mut nor).swap(&save, &mut buffer) else { panic!("not superseded") };
                assert_eq!(Some(found), records.last().map(Vec::as_slice));
                assert!(nor.bytes == before);
                return;
            }
            output => panic!("{output:?}"),
        }
    }
    panic!("nothing was saved");
}

#[test]
fn a_newest_record_that_rots_is_damage_and_never_an_older_one_or_none() {
    for rotations in [0, 1, 3, 6] {
        let (nor, records) = used(rotations);
        let newest = records.last().unwrap();
        let start = find_last(&nor, newest);
        for at in (0..newest.len()).step_by(11) {
            let mut rotten = nor.clone();
            rotten.bytes[start + at] ^= 0x10;
            assert_eq!(load(&mut rotten), Err(FlashError::Damaged), "byte {at} after {rotations}");
        }
    }
}

#[test]
fn a_record_that_was_cut_before_its_seal_is_sealed_when_it_is_found() {
    let (nor, records) = used(1);
    let newest = records.last().unwrap();
    let start = find_last(&nor, newest);
    // What was written behind it is its seal: a cut before it leaves that erased.
    let mut cut = nor.clone();
    let end = (start + newest.len()).next_multiple_of(32);
    let group = SECTOR * SECTORS;
    cut.bytes[end..start.next_multiple_of(group)].fill(0xff);
    assert_eq!(load(&mut cut).as_ref(), Ok(&Some(newest.clone())), "it counts");
    cut.bytes[start] ^= 0x10;
    assert_eq!(load(&mut cut), Err(FlashError::Damaged), "and no older one takes its place");
}

#[test]
fn what_is_not_ours_is_damage_until_it_is_wiped() {
    for filler in [0, 0x55, 0xaa] {
        let mut nor = Nor::new(4 * SECTORS);
        nor.bytes.fill(filler);
        assert_eq!(load(&mut nor), Err(FlashError::Damaged), "{filler:#x}");
        store(&mut nor).wipe().unwrap();
        assert_eq!(load(&mut nor), Ok(None));
        assert!(nor.bytes.iter().all(|byte| *byte == 0xff));
    }
}

#[test]
fn a_wipe_that_was_cut_can_be_repeated() {
    let (nor, _) = used(5);
    for step in 0..4 * SECTORS {
        for cut in [Cut::Before, Cut::Torn(step as u64 + 77), Cut::Torn(step as u64 + 7), Cut::After] {
            let mut cut_short = nor.clone();
            cut_short.start(Some((step, cut)));
            assert_eq!(store(&mut cut_short).wipe(), Err(FlashError::Flash(Off)));
            cut_short.start(None);
            store(&mut cut_short).wipe().unwrap();
            assert_eq!(load(&mut cut_short), Ok(None));
            assert!(cut_short.bytes.iter().all(|byte| *byte == 0xff));
        }
    }
}

/// A sign-in is stored, and what comes after it is saved again and again while power fails at chance steps of loads and saves.
fn cut_again_and_again(config: &Config<'_>, mut seed: u64) {
    let mut chance = |below: u64| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (seed >> 33) % below
    };
    let mut nor = Nor::new(4 * SECTORS);
    let records = run(&mut nor, config, 0);
    let (mut out, mut buffer) = ([0; 2048], [0; LONGEST + BUFFER_OVERHEAD]);
    let mut session = Session::<[u8; 1024]>::new();
    let _ = session.poll(config, at(0), &mut out).unwrap();
    session.handle(config, at(0), Input::Found(records.last().map(Vec::as_slice), &entropy())).unwrap();
    session.sign_out(config, at(0)).unwrap();
    let Output::Save(save) = session.poll(config, at(0), &mut out).unwrap() else { panic!("nothing is to be saved") };
    let whole = [records.last().unwrap().as_slice(), save.record()];
    for _ in 0..2 + chance(12) {
        // What power would do, to tear erasures more often than chance does.
        let mut whole_life = nor.clone();
        whole_life.start(None);
        let _ = load(&mut whole_life).map(|_| store(&mut whole_life).swap(&save, &mut buffer));
        let step = match whole_life.erasures.as_slice() {
            [first, ..] if chance(2) == 0 => *first,
            _ => chance(whole_life.steps as u64 + 1) as usize,
        };
        let cut = match chance(8) {
            0 => Cut::Before,
            1 => Cut::After,
            _ => Cut::Torn(chance(1 << 30) + 1),
        };
        nor.start(Some((step, cut)));
        if load(&mut nor).is_ok_and(|found| found.as_deref() == Some(whole[0])) {
            let _ = store(&mut nor).swap(&save, &mut buffer);
        }
    }
    nor.start(None);
    let found = load(&mut nor);
    assert!(
        matches!(&found, Ok(Some(found)) if whole.contains(&found.as_slice())),
        "{:?}",
        found.map(|found| found.map(|found| found.len()))
    );
}

#[test]
fn power_that_fails_again_and_again_loses_no_record() {
    let endpoints = Endpoints::of(&Issuer::builder().start().unwrap());
    let config = endpoints.config(Policy::DEFAULT);
    for seed in 0..1_000 {
        cut_again_and_again(&config, seed);
    }
}

#[test]
fn a_layout_that_cannot_hold_the_longest_record_is_refused_at_once() {
    let mut nor = Nor::new(4);
    let mut refused = |range, longest| BlockingFlashStore::<_, SECTORS>::new(&mut nor, range, longest).err();
    assert_eq!(refused(RANGE, LONGEST), None);
    for (range, longest) in [(RANGE, LONGEST + 1), (0..1536, 10), (256..2048, 10), (512..2560, 10), (1..2049, 10), (RANGE, usize::MAX)] {
        assert_eq!(refused(range.clone(), longest), Some(FlashError::Layout), "{range:?} {longest}");
    }
}

#[test]
fn a_small_buffer_says_what_it_needs() {
    for rotations in 0..8 {
        let (mut nor, records) = used(rotations);
        let longest = records.iter().map(Vec::len).max().unwrap();
        for length in [0, 9, 64, longest - 1, longest, LONGEST + BUFFER_OVERHEAD - 1] {
            let mut small = vec![0; length];
            let Err(FlashError::Buffer { needed }) = store(&mut nor).load(&mut small) else { panic!("{length} bytes are enough") };
            let mut buffer = vec![0; needed];
            assert_eq!(store(&mut nor).load(&mut buffer), Ok(records.last().map(Vec::as_slice)), "{length}");
        }
    }
}

#[test]
fn an_asynchronous_driver_has_the_same_store() {
    use gatepass_embedded::flash::{BlockingFlash, FlashStore};
    let (mut nor, records) = used(3);
    let mut store = FlashStore::<_, SECTORS>::new(BlockingFlash::new(&mut nor), RANGE, LONGEST).unwrap();
    let mut buffer = [0; LONGEST + BUFFER_OVERHEAD];
    let found = block_on(store.load(&mut buffer)).unwrap().unwrap();
    assert_eq!(Version::of(found), Version::of(records.last().unwrap()));
}

// R075
#[test]
fn a_record_is_not_printed() {
    let (mut nor, records) = used(0);
    let superseded = Swap::Superseded(records.last().map(Vec::as_slice));
    assert_eq!(format!("{superseded:?} {:?}", Swap::Saved), "Superseded Saved");
    let printed = format!("{:?}", store(&mut nor));
    assert!(printed.contains("FlashStore") && printed.len() < 120, "{printed}");
}
