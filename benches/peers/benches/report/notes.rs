//! What stands in the way where an aim is missed, by the key of the budget.

/// Of the budget with this key.
pub(crate) fn of(key: &str) -> Option<&'static str> {
    NOTES.iter().find_map(|(of, note)| (*of == key).then_some(*note))
}

/// Each for a row of `budgets.rs`; one that reaches its aim needs none, and none is shown for it.
const NOTES: [(&str, &str); 10] = [
    (
        "lifecycle",
        "The rows below. The header of the last token is checked against its grammar (token68) and for UTF-8, at an instruction and a half a byte. \
         Three saves (sign-in, intent, new tokens) are in it, which no other candidate makes: without them a refresh token is lost with a crash, and is \
         sent twice by two holders.",
    ),
    (
        "authorization-url",
        "Every parameter is checked against its grammar before it is kept, is kept in the session, and is encoded from there; and base64, \
         which is needed three times, looks nothing up, so that no time depends on what is secret.",
    ),
    (
        "redirect",
        "The query is read once for its end, once for its parameters, and each of these once more: for its name, and for what it stands for.",
    ),
    ("code-request", "Form encoding in runs between the bytes that are escaped, each of which is written by itself."),
    ("refresh-request", "Form encoding in runs between the bytes that are escaped; the rest is the clock and the state."),
    (
        "answer-193",
        "The tokenizer tells a listener of each name and value, and stands between any two bytes, so that an answer may come in chunks of any size; the \
         old texts are moved and wiped. The floor, which does neither, takes more than the budget here.",
    ),
    ("answer-1970", "As for 193 B; and a token's bytes are looked at twice, by the tokenizer and by the check of their grammar."),
    ("answer-7932", "As for 1,970 B."),
    ("per-byte", "A token's bytes are looked at twice, by the tokenizer and by the check of their grammar, and copied once."),
    (
        "waiting",
        "The exported sign-in is all that a restart needs: beside `state` and verifier its redirect URI and scope, the names of its grant and of the \
         one that it replaces in the store, and a checksum. The peers' figure is `state` and verifier alone.",
    ),
];
