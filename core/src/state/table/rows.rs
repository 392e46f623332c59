//! The rows.

use super::Transition;

/// Every transition, one row a line, in the order of a grant's life.
pub const TABLE: &[Transition] = &[];
