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
Bytes, and instructions that QEMU counted (`-icount shift=0`; on the Cortex-M in steps of 40 and 62). Another compiler gives other figures.

";

const BUDGETS: &str = "\
## What it may cost

On a Cortex-M4, the core alone; the stack is the deepest on any of the three targets.

";

const LINKED: &str = "\
## Flash

`benches/size` linked alone: opt-level `z`, LTO, one codegen unit, SHA-256 compact, no features but those named. The whole lifecycle with
SHA-256, JSON and some 1 KB of the driver that calls it; no start-up code, no sockets. Memory functions (`memcpy` and the like) are those
of `benches/size/memory`, made for size; one row has the compiler's, which are made for speed. *panics* are functions of the
standard library that panic: but for the flash store, linking one is an error.

";

const MEMORY: &str = "\
## RAM

";

const LIVES: &str = "\
## Stack and instructions

The devices of `tests/firmware` (opt-level `s`, `defmt` on) in a life at the embedded server: each the deepest call, and the most expensive
sign-in and refresh, apart for the verbs of the session, for an exchange (HTTP with the session that reads the answer; a sign-in has one,
as a refresh has) and for the flash store. On the RISC-V the store's first look reads sectors of 256 KiB through.

";

const DEVICES: &str = "
## Whole devices

The same firmware as a whole: start-up, sockets over a serial line, flash driver, `defmt` with its texts and `core::fmt` for the reports, and
its buffers. The difference between the two rows of the Cortex-M4 is TLS.

";

/// Everything measured.
pub(crate) fn write(links: &[Link], lives: &[Life], memory: &Memory) -> String {
    let mut page = String::from(HEAD);
    writeln!(page, "- {}\n- {}\n", first_line("rustc"), first_line("qemu-system-arm")).expect("text can be written");
    page += BUDGETS;
    row(&mut page, &["what", "must", "aim", "is", ""]);
    row(&mut page, &["---", "--:", "--:", "--:", "---"]);
    for (what, must, aim, is) in budgets(links, lives, memory) {
        let verdict = if is > must {
            "falls short"
        } else if is > aim {
            "holds"
        } else {
            "reaches the aim"
        };
        row(&mut page, &[what, &format!("{must} B"), &format!("{aim} B"), &is.to_string(), verdict]);
    }
    page.push('\n');
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
         bytes beside the tokens, which it holds once, in a record. Found with an access token of {access} bytes and a refresh token of {refresh}. HTTP takes a scratch buffer of {} bytes or more beside it, the \
         flash store one for the longest record and {} bytes, and TLS buffers of 16,640 and 1,024.\n",
        gatepass_embedded::MIN_SCRATCH,
        gatepass_embedded::flash::BUFFER_OVERHEAD,
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

/// What it may cost, must and aim, and what it does.
fn budgets(links: &[Link], lives: &[Life], memory: &Memory) -> [(&'static str, u64, u64, u64); 4] {
    let alone = links.first().expect("the core alone is measured first");
    let beside = alone.session + alone.config + (memory.buffer + memory.out) as u64;
    let stack = lives.iter().filter_map(|life| life.figures.get("stack.core")).max().copied().expect("a stack was reported");
    [
        ("flash for the whole lifecycle", 20_480, 12_288, alone.flash),
        ("a session without its buffer", 256, 160, alone.session),
        ("RAM beside the tokens", 1_536, 1_024, beside),
        ("stack of a call", 2_048, 1_024, stack),
    ]
}

/// What a program says of its version.
fn first_line(program: &str) -> String {
    let said = std::process::Command::new(program).arg("--version").output().expect("it runs").stdout;
    String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned()
}

fn named(life: &Life, name: &str) -> String {
    life.figures.get(name).unwrap_or_else(|| panic!("{name} was not reported")).to_string()
}

fn row(page: &mut String, cells: &[&str]) {
    page.push_str("| ");
    page.push_str(&cells.join(" | "));
    page.push_str(" |\n");
}
