//! The header is generated from the crate, checked in, and compared here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::std_instead_of_core, reason = "a test that cannot go on must fail")]

use std::{env, fs, path::Path};

use cbindgen::{Builder, Config, DocumentationStyle, EnumConfig, ExportConfig, Language, RenameRule, Style};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const RENEW: &str = "GATEPASS_RENEW=1 cargo test -p gatepass-c --test header";

/// In the order in which a reader needs them.
const ROOMS: [&str; 10] = ["sizes", "memory", "error", "config", "session", "output", "request", "input", "sign_in", "token"];

const TYPES: [(&str, &str); 22] = [
    ("AccessToken", "gatepass_token"),
    ("AudienceSetting", "gatepass_audience"),
    ("Bytes", "gatepass_bytes"),
    ("Code", "gatepass_error"),
    ("ConfigRef", "gatepass_config"),
    ("Generation", "gatepass_generation"),
    ("HeaderField", "gatepass_field"),
    ("HttpRequest", "gatepass_request"),
    ("Move", "gatepass_move"),
    ("Output", "gatepass_output"),
    ("Outcome", "gatepass_result"),
    ("Parameter", "gatepass_parameter"),
    ("Reason", "gatepass_reason"),
    ("Remedy", "gatepass_remedy"),
    ("Save", "gatepass_save"),
    ("SessionRef", "gatepass_session"),
    ("Settings", "gatepass_settings"),
    ("SignIn", "gatepass_sign_in_request"),
    ("Status", "gatepass_status"),
    ("Text", "gatepass_text"),
    ("Time", "gatepass_time"),
    ("Why", "gatepass_why"),
];

/// What the generator cannot know.
const HEAD: &str = include_str!("header/head.h");

fn generate() -> String {
    let mut config = Config {
        language: Language::C,
        cpp_compat: true,
        style: Style::Type,
        documentation_style: DocumentationStyle::C99,
        usize_is_size_t: true,
        no_includes: true,
        header: Some(HEAD.to_owned()),
        trailer: Some("#endif".to_owned()),
        line_length: 110,
        sort_by: cbindgen::SortKey::None,
        enumeration: EnumConfig { rename_variants: RenameRule::QualifiedScreamingSnakeCase, ..EnumConfig::default() },
        export: ExportConfig {
            rename: TYPES.iter().map(|(rust, c)| ((*rust).to_owned(), (*c).to_owned())).collect(),
            include: vec!["Code".to_owned(), "Status".to_owned()],
            ..ExportConfig::default()
        },
        ..Config::default()
    };
    for (rust, c) in [("32", "GATEPASS_32"), ("64", "GATEPASS_64")] {
        config.defines.insert(format!("target_pointer_width = {rust}"), c.to_owned());
    }
    let mut builder = Builder::new().with_config(config);
    for room in ROOMS {
        builder = builder.with_src(Path::new(ROOT).join(format!("src/{room}.rs")));
    }
    let mut written = Vec::new();
    builder.generate().unwrap().write(&mut written);
    String::from_utf8(written).unwrap()
}

#[test]
fn the_header_is_what_the_crate_says() {
    let path = Path::new(ROOT).join("include/gatepass.h");
    let generated = generate();
    if env::var_os("GATEPASS_RENEW").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    let differs = generated.lines().zip(checked_in.lines()).position(|(new, old)| new != old);
    assert!(generated == checked_in, "include/gatepass.h is not the generated one (line {differs:?} and on); renew it by:\n  {RENEW}");
}

/// The errors of the core are open to additions, so no `match` of another crate can be whole.
#[test]
fn every_error_of_the_core_has_a_code() {
    let source = fs::read_to_string(Path::new(ROOT).join("../../core/src/error.rs")).unwrap();
    let header = generate();
    let mut names = 0;
    for (kind, prefix) in [("Misuse", "MISUSE"), ("Refusal", "REFUSAL"), ("Violation", "VIOLATION")] {
        let (_, body) = source.split_once(&format!("pub enum {kind} {{")).unwrap();
        let (body, _) = body.split_once("\n}").unwrap();
        for name in body.lines().map(str::trim).filter(|line| !line.starts_with("//")).filter_map(|line| line.strip_suffix(',')) {
            let mut c = format!("GATEPASS_ERROR_{prefix}");
            for letter in name.chars() {
                c.push_str(if letter.is_uppercase() { "_" } else { "" });
                c.push(letter.to_ascii_uppercase());
            }
            assert!(header.contains(&format!("  {c} = -")), "{c}: add it to error.rs, and to its table");
            names += 1;
        }
    }
    assert!(names >= 39, "{names}");
}
