//! gatepass beside what a user would take instead.
