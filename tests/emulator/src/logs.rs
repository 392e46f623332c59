//! `defmt` frames, decoded by the table in the firmware itself.

use defmt_decoder::{DecodeError, Table};

/// The messages of all boots, each boot's bytes in order.
///
/// # Panics
/// When there are frames and the firmware has no table, or they are malformed.
pub(crate) fn decode(elf: &[u8], boots: &[Vec<u8>]) -> Vec<String> {
    if boots.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    let table = Table::parse(elf).expect("the firmware has a defmt table that can be read").expect("the firmware has a defmt table");
    let mut messages = Vec::new();
    for bytes in boots {
        let mut decoder = table.new_stream_decoder();
        decoder.received(bytes);
        loop {
            match decoder.decode() {
                Ok(frame) => messages.push(frame.display(false).to_string()),
                Err(DecodeError::UnexpectedEof) => break,
                Err(DecodeError::Malformed) => panic!("a malformed defmt frame after {:?}", messages.last()),
            }
        }
    }
    messages
}
