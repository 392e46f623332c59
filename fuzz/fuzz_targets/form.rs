//! Any bytes as a form: written and read as `form_urlencoded` does, but that a bad escape is refused.
#![no_main]

use gatepass::fuzzing;
use libfuzzer_sys::fuzz_target;

/// What percent-decoding makes of a text in which every escape is whole.
fn text(bytes: impl Iterator<Item = Option<u8>>) -> Option<String> {
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fuzz_target!(|data: &[u8]| {
    let mut out = vec![0; 3 * data.len()];
    let written = fuzzing::encode(data, &mut out).expect("three bytes a byte are enough");
    assert_eq!(written, form_urlencoded::byte_serialize(data).collect::<String>().as_bytes());
    let mut back = fuzzing::pairs(written);
    match back.next() {
        Some([name, mut value]) => {
            assert!(name.eq(data.iter().map(|byte| Some(*byte))) && value.next().is_none() && back.next().is_none());
        }
        None => assert!(data.is_empty()),
    }

    let ours: Vec<_> = fuzzing::pairs(data).map(|pair| pair.map(text)).collect();
    let theirs: Vec<_> = form_urlencoded::parse(data).collect();
    assert_eq!(ours.len(), theirs.len());
    let mut good = true;
    for ([name, value], (their_name, their_value)) in ours.iter().zip(&theirs) {
        good &= name.is_some() && value.is_some();
        assert!(name.as_ref().is_none_or(|name| name == their_name));
        assert!(value.as_ref().is_none_or(|value| value == their_value));
    }
    let escapes = data.split(|byte| *byte == b'%').skip(1);
    let whole = escapes.into_iter().all(|after| matches!(after, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()));
    assert_eq!(good, whole);
});
