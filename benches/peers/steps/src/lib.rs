//! The steps of a grant's life that are measured, and gatepass's way of taking them.
//!
//! [`given`] is what every candidate is given, to the byte; [`step`] says what a step is; [`own`] takes the steps with gatepass;
//! [`callgrind`] counts the instructions of one, and [`table`] holds the figures of gatepass's. Other clients are in the crate around
//! this one, so that CI need not build them.
#![forbid(unsafe_code)]

pub mod callgrind;
pub mod given;
pub mod own;
pub mod step;
pub mod table;
