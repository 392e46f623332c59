//! What is linked: flash, static memory, and panics.

use std::{fs, path::Path};

use gatepass_emulator::{Machine, link};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../size");

/// What is linked, and the features of `benches/size` for it.
const CAPABILITIES: [(&str, &str); 6] = [
    ("core alone", "small-memory"),
    ("core alone, the compiler's memory functions", ""),
    ("core, all default features", "small-memory,audiences,members,parameters,quirks,secrets"),
    ("core, `serde`", "small-memory,serde"),
    ("core + HTTP", "small-memory,http"),
    ("core + HTTP + flash store", "small-memory,flash,panics"),
];

/// One link.
pub(crate) struct Link {
    pub(crate) machine: Machine,
    pub(crate) what: &'static str,
    /// Bytes of code and constants.
    pub(crate) flash: u64,
    /// Bytes of a session without its buffer.
    pub(crate) session: u64,
    /// Bytes of a configuration.
    pub(crate) config: u64,
    /// Functions of the standard library that panic.
    pub(crate) panics: u64,
}

pub(crate) fn measure() -> Vec<Link> {
    let each = Machine::ALL.into_iter().flat_map(|machine| CAPABILITIES.map(|(what, features)| (machine, what, features)));
    each.map(|(machine, what, features)| measure_one(machine, what, features)).collect()
}

fn measure_one(machine: Machine, what: &'static str, features: &str) -> Link {
    let folder = link(Path::new(FOLDER), &["--features", features], machine.target()).unwrap_or_else(|why| {
        assert!(!why.contains("a_panic_is_linked"), "{what} has a panic that the linker could not leave out\n{why}");
        panic!("{what}: {why}")
    });
    let (flash, symbols) = read(&folder.join("gatepass-size"));
    let size = |name: &str| symbols.iter().find(|(symbol, _)| symbol.contains(name)).map_or(0, |(_, size)| *size);
    let panics = symbols.iter().filter(|(symbol, _)| is_panic(symbol)).count() as u64;
    Link { machine, what, flash, session: size("SESSION") - 4096, config: size("CONFIG"), panics }
}

/// Bytes of what lies in flash, and every symbol's size by name.
pub(crate) fn read(elf: &Path) -> (u64, Vec<(String, u64)>) {
    let bytes = fs::read(elf).expect("what was built can be read");
    let file = object::File::parse(&*bytes).expect("it is an ELF file");
    let in_flash = |kind| matches!(kind, SectionKind::Text | SectionKind::ReadOnlyData | SectionKind::ReadOnlyString);
    let flash = file.sections().filter(|section| in_flash(section.kind())).map(|section| section.size()).sum();
    let symbols = file.symbols().filter_map(|symbol| Some((symbol.name().ok()?.to_owned(), symbol.size())));
    (flash, symbols.collect())
}

fn is_panic(symbol: &str) -> bool {
    let ends =
        ["panic_fmt", "panic_bounds_check", "slice_index_fail", "unwrap_failed", "expect_failed", "len_mismatch_fail", "panic_const"];
    symbol.contains("core") && ends.iter().any(|end| symbol.contains(end))
}
