//! Which situations a campaign has come through: a test that never closes with a call blocked shows nothing of it.

use super::program::Op;
use super::reference::closing::Closing;
use super::reference::{Answer, Blocked, Reference, SocketId};
use closewait::time::Instant;
use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    static SEEN: RefCell<BTreeMap<&'static str, u32>> = const { RefCell::new(BTreeMap::new()) };
}

/// It has happened once more.
pub(crate) fn note(what: &'static str) {
    SEEN.with_borrow_mut(|seen| *seen.entry(what).or_default() += 1);
}

/// What has happened, and how often; from here on it is counted anew.
pub(crate) fn taken() -> BTreeMap<&'static str, u32> {
    SEEN.take()
}

pub(crate) fn note_close(closing: Closing, reference: &Reference, id: SocketId) {
    note(match closing {
        Closing::NotLast => "close: not the last",
        Closing::Nothing => "close: nothing to close",
        Closing::Listener => "close: a listener",
        Closing::Opening => "close: opening",
        Closing::Hard(why) => why,
        Closing::HardLate => "close: hard, too late for a RST",
        Closing::Graceful => "close: graceful",
        Closing::WouldBlock => "close: WSAEWOULDBLOCK",
        Closing::Lingers => "close: lingers",
    });
    if reference.blocked.values().any(|blocked| blocked.socket == id) {
        note(if closing == Closing::NotLast { "close of one of several, calls pending" } else { "close of the last, calls pending" });
    }
}

pub(crate) fn note_return(blocked: &Blocked, answer: Answer, now: Instant) {
    note(match (blocked.op, answer) {
        (Op::Close { .. }, _) if blocked.until.is_some_and(|until| until <= now) => "linger: its time was up",
        (Op::Close { .. }, _) => "linger: done in time",
        (Op::Recv { .. }, Answer::Bytes(0)) => "recv waited: the end",
        (Op::Recv { .. }, Answer::Bytes(_)) => "recv waited: data",
        (Op::Recv { .. }, _) => "recv waited: an error",
        (Op::Send { .. }, Answer::Sent(_)) => "send waited: taken",
        (Op::Send { .. }, _) => "send waited: an error",
        (Op::Accept { .. }, _) => "accept waited",
        (Op::Connect { .. }, Answer::Zero) => "connect waited: connected",
        (Op::Connect { .. }, _) => "connect waited: an error",
        _ => "another call waited",
    });
}
