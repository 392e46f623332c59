//! What was measured, kept as JSON, so that one part can be measured anew.

use std::{collections::BTreeMap, fs};

use gatepass_benches::candidates::Candidate;
use gatepass_steps::table::version;
use serde::{Deserialize, Serialize};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../report.json");

/// Columns by name.
pub(crate) type Row = BTreeMap<String, f64>;

/// All figures: by table, row and column; and by part the machine that they were measured on.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Results {
    machines: BTreeMap<String, String>,
    tables: BTreeMap<String, BTreeMap<String, Row>>,
}

impl Results {
    pub(crate) fn load() -> Self {
        let text = fs::read_to_string(PATH).unwrap_or_default();
        if text.is_empty() { Self::default() } else { serde_json::from_str(&text).expect("benches/report.json is as it was written") }
    }

    pub(crate) fn save(&self) {
        let text = serde_json::to_string_pretty(self).expect("figures can be written");
        fs::write(PATH, text + "\n").expect("benches/report.json can be written");
    }

    pub(crate) fn set(&mut self, table: &str, row: &str, column: &str, figure: f64) {
        let rows = self.tables.entry(table.to_owned()).or_default();
        rows.entry(row.to_owned()).or_default().insert(column.to_owned(), figure);
    }

    pub(crate) fn get(&self, table: &str, row: &str, column: &str) -> Option<f64> {
        self.tables.get(table)?.get(row)?.get(column).copied()
    }

    /// The names of a table's rows.
    pub(crate) fn rows(&self, table: &str) -> Vec<&str> {
        self.tables.get(table).into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    /// The names of a table's rows that are numbers, in their order.
    pub(crate) fn numbers(&self, table: &str) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.rows(table).iter().filter_map(|row| row.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Notes the machine of a part.
    pub(crate) fn say_machine(&mut self, part: &str) {
        self.machines.insert(part.to_owned(), machine());
    }

    /// Machines, each with the parts that were measured on it.
    pub(crate) fn machines(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut machines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (part, machine) in &self.machines {
            machines.entry(machine).or_default().push(part);
        }
        machines
    }
}

/// Processor, cores, memory, system and tools.
fn machine() -> String {
    let line = |path: &str, name: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let found = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        found.trim_start_matches([' ', '\t', ':', '=']).trim_matches('"').to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kilobytes: u64 = line("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
    let system = line("/etc/os-release", "PRETTY_NAME");
    let processor = line("/proc/cpuinfo", "model name");
    format!("{processor}, {cores} cores, {} GB, {system}, {}, {}", kilobytes / 1_000_000, version("rustc"), version("valgrind"))
}

/// Names of all candidates.
pub(crate) fn names() -> [&'static str; Candidate::ALL.len()] {
    Candidate::ALL.map(|candidate| candidate.name)
}
