//! The machines that QEMU emulates.

use std::path::{Path, PathBuf};

use crate::firmware::firmware;

/// A machine that QEMU emulates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Machine {
    /// MPS2 with the image AN386: a Cortex-M4 (`thumbv7em-none-eabi`).
    Mps2,
    /// BBC micro:bit: a Cortex-M0 with 16 KB of RAM (`thumbv6m-none-eabi`).
    Microbit,
    /// A 32-bit RISC-V (`riscv32imac-unknown-none-elf`).
    Virt,
}

impl Machine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mps2, Self::Microbit, Self::Virt];

    /// Its name, as QEMU has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mps2 => "mps2-an386",
            Self::Microbit => "microbit",
            Self::Virt => "virt",
        }
    }

    /// The target of its firmware.
    #[must_use]
    pub const fn target(self) -> &'static str {
        match self {
            Self::Mps2 => "thumbv7em-none-eabi",
            Self::Microbit => "thumbv6m-none-eabi",
            Self::Virt => "riscv32imac-unknown-none-elf",
        }
    }

    /// Builds the device of this repository for it: the ELF file.
    ///
    /// # Panics
    /// When it does not build.
    #[must_use]
    pub fn device(self) -> PathBuf {
        let package = match self {
            Self::Mps2 => "gatepass-mps2",
            Self::Microbit => "gatepass-microbit",
            Self::Virt => "gatepass-virt",
        };
        firmware(package, package, self.target())
    }

    /// The emulator, and how to get it.
    pub(crate) const fn emulator(self) -> (&'static str, &'static str) {
        match self {
            Self::Mps2 | Self::Microbit => ("qemu-system-arm", "apt-get install --no-install-recommends qemu-system-arm"),
            Self::Virt => ("qemu-system-riscv32", "apt-get install --no-install-recommends qemu-system-misc"),
        }
    }

    /// What makes it run this firmware.
    pub(crate) fn arguments(self, elf: &Path) -> Vec<String> {
        let elf = elf.to_str().expect("a path of UTF-8");
        let firmware = match self {
            Self::Mps2 => ["-cpu", "cortex-m4", "-kernel", elf].map(str::to_owned).to_vec(),
            Self::Microbit => ["-kernel", elf].map(str::to_owned).to_vec(),
            Self::Virt => vec!["-bios".to_owned(), "none".to_owned(), "-device".to_owned(), format!("loader,file={elf}")],
        };
        [vec!["-M".to_owned(), self.name().to_owned()], firmware].concat()
    }
}
