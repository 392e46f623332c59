//! The table of gatepass's instructions: measured, written, and compared.

use core::fmt::Write;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{callgrind, own::Own, step::Step};

/// Where it is.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../instructions.tsv");

/// A change of more per cent, either way, needs a reason.
const TOLERANCE: u64 = 2;

/// What gatepass is built with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Features {
    /// All that it has by default.
    Desktop,
    /// None.
    Firmware,
}

impl Features {
    /// As it stands in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Firmware => "firmware",
        }
    }

    /// Builds `instructions` with these features, in a folder of its own, and says where it is.
    ///
    /// # Panics
    /// When it does not build.
    #[must_use]
    pub fn program(self, target: &Path) -> PathBuf {
        let target = target.join(format!("steps-{}", self.name()));
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--release", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
        cargo.arg("--target-dir").arg(&target);
        if self == Self::Firmware {
            cargo.arg("--no-default-features");
        }
        assert!(cargo.status().is_ok_and(|status| status.success()), "the steps are built {}", self.name());
        target.join("release/instructions")
    }
}

/// The target folder that this program was built into.
///
/// # Panics
/// When the program does not know where it is.
#[must_use]
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("the program knows its place");
    let mut folders = program.ancestors().skip(1).filter(|folder| !folder.ends_with("deps"));
    folders.nth(1).expect("it is in a folder of a profile").to_owned()
}

/// Instructions by features and step.
pub type Figures = BTreeMap<(Features, String), u64>;

/// Counts all, with `desktop` as the program that was built with the features of a desktop.
#[must_use]
pub fn measure(desktop: &Path) -> Figures {
    let firmware = Features::Firmware.program(&target());
    let mut figures = Figures::new();
    for (features, program) in [(Features::Desktop, desktop), (Features::Firmware, &firmware)] {
        let steps = Step::COMPARED.into_iter().chain([Step::Unknown(64)]).filter(|step| Own::has(*step));
        figures.extend(steps.map(|step| ((features, step.name()), callgrind::instructions(program, &["step", &step.name()]))));
    }
    figures
}

/// The table as text.
#[must_use]
pub fn write(figures: &Figures) -> String {
    let mut text = format!("# {}\n# {}\n", version("rustc"), version("valgrind"));
    text.push_str("# renewed by: cargo run --release --manifest-path benches/peers/steps/Cargo.toml\n");
    text.push_str("features\tstep\tinstructions\n");
    for ((features, step), count) in figures {
        let _ = writeln!(text, "{}\t{step}\t{count}", features.name());
    }
    text
}

/// What a program says of its version.
///
/// # Panics
/// When it cannot be run.
#[must_use]
pub fn version(program: &str) -> String {
    let said = Command::new(program).arg("--version").output().unwrap_or_else(|_| panic!("{program} runs")).stdout;
    String::from_utf8_lossy(&said).trim().to_owned()
}

/// Where two tables differ by more than 2 %, a line each; and where the compilers differ, which explains much.
#[must_use]
pub fn compare(before: &str, now: &str) -> Vec<String> {
    let rows = |text: &'_ str| -> BTreeMap<String, u64> {
        let rows = text.lines().filter_map(|line| line.rsplit_once('\t'));
        rows.filter_map(|(name, count)| Some((name.replace('\t', " "), count.parse().ok()?))).collect()
    };
    let (was, is) = (rows(before), rows(now));
    let mut differences = Vec::new();
    for name in was.keys().chain(is.keys().filter(|name| !was.contains_key(*name))) {
        match (was.get(name), is.get(name)) {
            (Some(was), Some(is)) if is.abs_diff(*was) * 100 <= was * TOLERANCE => {}
            (Some(was), Some(is)) => differences.push(format!("{name}: {was} to {is}")),
            (was, is) => differences.push(format!("{name}: new or gone: {was:?} to {is:?}")),
        }
    }
    let tools = |text: &str| text.lines().take(2).collect::<Vec<_>>().join(", ");
    if !differences.is_empty() && tools(before) != tools(now) {
        differences.push(format!("the tools differ: {} to {}", tools(before), tools(now)));
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(count: u64) -> String {
        write(&Figures::from([((Features::Desktop, "redirect".to_owned()), count)]))
    }

    #[test]
    fn a_change_of_more_than_two_per_cent_either_way_is_a_difference() {
        for count in [980, 1_000, 1_020] {
            assert_eq!(compare(&table(1_000), &table(count)), [""; 0], "{count}");
        }
        for count in [979, 1_021] {
            assert_eq!(compare(&table(1_000), &table(count)), [format!("desktop redirect: 1000 to {count}")]);
        }
    }

    #[test]
    fn a_row_that_is_new_or_gone_is_a_difference() {
        let none = write(&Figures::new());
        assert_eq!(compare(&table(5), &none).len(), 1);
        assert_eq!(compare(&none, &table(5)).len(), 1);
    }
}
