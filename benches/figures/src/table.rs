//! The table, as text.

use core::fmt::Write;

use crate::{
    links::Link,
    lives::Life,
    memory::{Memory, TOKENS},
};

const HEAD: &str = "\
# What a firmware pays

Measured by `cargo run -p gatepass-figures`, which writes this page; with `-- --check` it fails where a figure has grown by more than 2 %.
Bytes, and instructions that QEMU counted (`-icount shift=0`; on the Cortex-M in steps of 40 and 62).

";

const LINKED: &str = "\
## Flash

`benches/size` linked alone: opt-level `z`, LTO, one codegen unit, SHA-256 compact. The whole lifecycle with SHA-256, JSON and the
compiler's own memory functions, and some 1.2 KB of the driver that calls it; no start-up code, no sockets. *panics* are functions of the
standard library that panic: where the core stands alone, linking one is an error.

";

const MEMORY: &str = "\
## RAM

";

const LIVES: &str = "\
## Stack and instructions

The devices of `tests/firmware` (opt-level `s`, `defmt` on) in a life at the embedded server: each the deepest call, and the most expensive
sign-in and refresh, apart for the verbs of the session, for an exchange (HTTP with the session that reads the answer; a sign-in has one,
as a refresh has) and for the flash store.

";

const DEVICES: &str = "
## Whole devices

The same firmware as a whole: start-up, sockets over a serial line, flash driver, `defmt` with its texts and `core::fmt` for the reports, and
its buffers. The difference between the two rows of the Cortex-M4 is TLS.

";

/// Everything measured.
pub(crate) fn write(links: &[Link], lives: &[Life], memory: &Memory) -> String {
    let mut page = String::from(HEAD);
    page += LINKED;
    row(&mut page, &["target", "linked", "flash", "panics"]);
    row(&mut page, &["---", "---", "--:", "--:"]);
    for link in links {
        row(&mut page, &[link.machine.target(), link.what, &link.flash.to_string(), &link.panics.to_string()]);
    }
    page.push('\n');
    page += MEMORY;
    row(&mut page, &["target", "with", "session", "configuration", "buffer", "out", "in all"]);
    row(&mut page, &["---", "---", "--:", "--:", "--:", "--:", "--:"]);
    for link in links.iter().filter(|link| link.panics == 0 && !link.what.contains('+')) {
        let all = link.session + link.config + (memory.buffer + memory.out) as u64;
        let numbers = [link.session, link.config, memory.buffer as u64, memory.out as u64, all].map(|number| number.to_string());
        let [session, config, buffer, out, all] = numbers.each_ref().map(String::as_str);
        row(&mut page, &[link.machine.target(), link.what, session, config, buffer, out, all]);
    }
    let (access, refresh) = TOKENS;
    writeln!(
        page,
        "\n*session*: one without its buffer. *buffer*: bytes of `N` beside the tokens, which it holds twice while a refresh is answered. *out*: its \
         bytes beside the tokens, which it holds once, in a record. Found with an access token of {access} bytes and a refresh token of {refresh}.\n"
    )
    .expect("text can be written");
    page += LIVES;
    row(&mut page, &["target", "device", "part", "stack", "sign-in", "refresh"]);
    row(&mut page, &["---", "---", "---", "--:", "--:", "--:"]);
    for life in lives {
        for (part, name) in [("core", "core"), ("an exchange", "http"), ("flash store", "store")] {
            let figures = ["stack", "sign-in", "refresh"].map(|figure| named(life, &format!("{figure}.{name}")));
            let [stack, sign_in, refresh] = figures.each_ref().map(String::as_str);
            row(&mut page, &[life.machine.target(), device(life), part, stack, sign_in, refresh]);
        }
    }
    page += DEVICES;
    row(&mut page, &["target", "device", "flash", "static RAM", "stack in all"]);
    row(&mut page, &["---", "---", "--:", "--:", "--:"]);
    for life in lives {
        let figures = [life.flash.to_string(), named(life, "static"), named(life, "stack")];
        let [flash, memory, stack] = figures.each_ref().map(String::as_str);
        row(&mut page, &[life.machine.target(), device(life), flash, memory, stack]);
    }
    page
}

const fn device(life: &Life) -> &'static str {
    if life.is_secured { "over TLS 1.3" } else { "plain" }
}

fn named(life: &Life, name: &str) -> String {
    life.figures.get(name).unwrap_or_else(|| panic!("{name} was not reported")).to_string()
}

fn row(page: &mut String, cells: &[&str]) {
    page.push_str("| ");
    page.push_str(&cells.join(" | "));
    page.push_str(" |\n");
}
