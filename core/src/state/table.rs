//! stub
#[derive(Debug)] pub struct Event; #[derive(Debug)] pub struct Transition; pub const TABLE: &[Transition] = &[];
