//! An HTTP client that sends nothing: it keeps the request, and has no answer until one is put there. So the request and the reading of its
//! answer can be measured apart, without any I/O.

use core::{
    cell::Cell,
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::parts::Answer;

/// A request, as the libraries hand it over.
pub(super) type Request = http::Request<Vec<u8>>;

thread_local! {
    static SENT: Cell<Option<Request>> = const { Cell::new(None) };
    static ANSWER: Cell<Option<Answer>> = const { Cell::new(None) };
}

/// A request under way.
pub(super) struct Exchange;

impl Future for Exchange {
    type Output = Result<Answer, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        ANSWER.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
    }
}

/// The HTTP client, for as long as a library wants it.
pub(super) static HTTP: fn(Request) -> Exchange = |request| {
    SENT.set(Some(request));
    Exchange
};

/// What came out of a library's future.
pub(super) type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Goes on until the request is there.
pub(super) fn send<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Request {
    let poll = future.poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending(), "there is no answer yet");
    SENT.take().expect("a request was sent")
}

/// Goes on with the answer.
pub(super) fn receive<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>, answer: Answer) -> T {
    ANSWER.set(Some(answer));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is an answer"),
    }
}
