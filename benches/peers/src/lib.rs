//! gatepass beside what a user would take instead, on the same bytes: instructions, time, memory, size.
//!
//! `cargo bench` measures all of it and writes `benches/REPORT.md`: its program is `benches/report`, and `heap` takes steps for it with an
//! allocator that counts.

pub mod candidates;
pub mod heap;
pub mod held;
pub mod stack;
