//! gatepass beside what a user would take instead, on the same bytes: instructions, time, memory, size.

pub mod candidates;
