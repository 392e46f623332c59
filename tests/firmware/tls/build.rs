//! The linker's scripts, whose order matters; the memory is that of `mps2`.

fn main() {
    println!("cargo:rerun-if-changed=../mps2/memory.x");
    println!("cargo:rustc-link-search={}/../mps2", std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    for script in ["link.x", "defmt.x"] {
        println!("cargo:rustc-link-arg-bins=-T{script}");
    }
}
