//! The store for a blocking flash driver: the same one, whose futures are ready at once.

use core::{
    ops::Range,
    pin::pin,
    task::{Context, Poll, Waker},
};

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use embedded_storage_async::nor_flash as asynchronous;
use gatepass::Save;

use super::{FlashError, FlashStore, Swap};

/// A blocking flash driver where an asynchronous one is wanted: it never keeps anybody waiting.
#[derive(Debug)]
pub struct BlockingFlash<F>(F);

impl<F> BlockingFlash<F> {
    /// Takes a blocking driver. To keep it, hand in a `&mut` to it, which is a driver as well.
    pub const fn new(flash: F) -> Self {
        Self(flash)
    }
}

impl<F: embedded_storage::nor_flash::ErrorType> asynchronous::ErrorType for BlockingFlash<F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> asynchronous::ReadNorFlash for BlockingFlash<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.0.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<F: NorFlash> asynchronous::NorFlash for BlockingFlash<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.0.erase(from, to)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.0.write(offset, bytes)
    }
}

/// The record of one grant on NOR flash, by a blocking driver. See [`FlashStore`], and the [module](super).
pub struct BlockingFlashStore<F: NorFlash, const SECTORS: usize = 1>(FlashStore<BlockingFlash<F>, SECTORS>);

impl<F: NorFlash, const SECTORS: usize> BlockingFlashStore<F, SECTORS> {
    /// As [`FlashStore::new`].
    ///
    /// # Errors
    /// [`FlashError::Layout`].
    pub fn new(flash: F, range: Range<u32>, longest: usize) -> Result<Self, FlashError<F::Error>> {
        FlashStore::new(BlockingFlash(flash), range, longest).map(Self)
    }

    /// As [`FlashStore::load`].
    ///
    /// # Errors
    /// [`FlashError`].
    pub fn load<'b>(&mut self, buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>, FlashError<F::Error>> {
        finish(self.0.load(buffer))
    }

    /// As [`FlashStore::swap`].
    ///
    /// # Errors
    /// [`FlashError`].
    pub fn swap<'b>(&mut self, save: &Save<'_>, buffer: &'b mut [u8]) -> Result<Swap<'b>, FlashError<F::Error>> {
        finish(self.0.swap(save, buffer))
    }

    /// As [`FlashStore::wipe`].
    ///
    /// # Errors
    /// [`FlashError::Flash`].
    pub fn wipe(&mut self) -> Result<(), FlashError<F::Error>> {
        finish(self.0.wipe())
    }

    /// Gives the flash back.
    pub fn release(self) -> F {
        self.0.release().0
    }
}

impl<F: NorFlash, const SECTORS: usize> core::fmt::Debug for BlockingFlashStore<F, SECTORS> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// Runs a future over a blocking driver: nothing in it ever waits, so the first poll is the last.
fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}
