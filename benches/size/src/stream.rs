//! A connection that the rest of the firmware has.

use embedded_io::{ErrorKind, ErrorType, Read, Write};

/// See the module.
pub(crate) struct Stream;

impl ErrorType for Stream {
    type Error = ErrorKind;
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        let len = super::ask(20, bytes);
        if len > bytes.len() { Err(ErrorKind::ConnectionReset) } else { Ok(len) }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        super::tell(21, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
