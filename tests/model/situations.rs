//! Which situations a campaign has come through: a test that never closes with a call blocked shows nothing of it.

use super::program::Op;
use super::reference::closing::Closing;
use super::reference::{Answer, Blocked, Reference, SocketId};
use closewait::time::Instant;
use closewait::winsock::WsaError;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// What a campaign must have come through.
pub(crate) const WANTED: &[&str] = &[
    "DuplicateHandle",
    "WSADuplicateSocket for another process",
    "WSADuplicateSocket for its own process",
    "cancelled: WSAEINTR",
    "cancelled: a lingering close, by WSACleanup (R33)",
    "close: CS-E4: hard close",
    "close: R4: unread data",
    "close: R5: a receive was pending",
    "close: WSAENOTSOCK",
    "close: WSAEWOULDBLOCK (CS-E10)",
    "close: WSANOTINITIALISED",
    "close: graceful",
    "close: hard, too late for a RST (R28)",
    "close: a listener (R21)",
    "close: lingers",
    "close: not the last, a duplicate",
    "close: not the last, calls pending (R20)",
    "close: not the last, the first descriptor",
    "close: nothing to close",
    "close: opening (R24)",
    "close: the last, a duplicate",
    "close: the last, calls pending (R13)",
    "close: the last, the first descriptor",
    "linger: done in time (CS-E7)",
    "linger: its time was up (CS-E8)",
    "recv: WSAECONNABORTED",
    "recv: WSAECONNRESET",
    "recv: WSAESHUTDOWN",
    "recv: data",
    "recv: the end",
    "send: WSAECONNRESET",
    "send: WSAESHUTDOWN",
    "send: WSAEWOULDBLOCK",
    "send: taken",
    "waited: accept",
    "waited: connect, in vain",
    "waited: connect",
    "waited: recv, an error",
    "waited: recv, data",
    "waited: recv, the end",
    "waited: send, an error",
    "waited: send, taken",
];

thread_local! {
    static SEEN: RefCell<BTreeMap<&'static str, u32>> = const { RefCell::new(BTreeMap::new()) };
    static COUNTING: Cell<bool> = const { Cell::new(false) };
}

/// Whether what happens from here on is a program's, and counted.
pub(crate) fn count(yes: bool) {
    COUNTING.set(yes);
}

/// It has happened once more.
pub(crate) fn note(what: &'static str) {
    if COUNTING.get() {
        SEEN.with_borrow_mut(|seen| *seen.entry(what).or_default() += 1);
    }
}

/// What has happened, and how often; from here on it is counted anew.
pub(crate) fn taken() -> BTreeMap<&'static str, u32> {
    SEEN.take()
}

/// A close, of that descriptor.
pub(crate) fn note_close(closing: Closing, reference: &Reference, id: SocketId, descriptor: (usize, u32)) {
    let first = reference.sockets[id].first == descriptor;
    note(match closing {
        Closing::NotLast if first => "close: not the last, the first descriptor",
        Closing::NotLast => "close: not the last, a duplicate",
        Closing::Nothing => "close: nothing to close",
        Closing::Listener => "close: a listener (R21)",
        Closing::Opening => "close: opening (R24)",
        Closing::Hard(why) => why,
        Closing::HardLate => "close: hard, too late for a RST (R28)",
        Closing::Graceful => "close: graceful",
        Closing::WouldBlock => "close: WSAEWOULDBLOCK (CS-E10)",
        Closing::Lingers => "close: lingers",
    });
    if closing != Closing::NotLast {
        note(if first { "close: the last, the first descriptor" } else { "close: the last, a duplicate" });
    }
    if reference.blocked.values().any(|blocked| blocked.socket == id) {
        let one = closing == Closing::NotLast;
        note(if one {
            "close: not the last, calls pending (R20)"
        } else {
            "close: the last, calls pending (R13)"
        });
    }
}

/// What a call returned at once.
pub(crate) fn note_answer(op: Op, answer: Answer) {
    note(match (op, answer) {
        (Op::Close { .. }, Answer::Fails(WsaError::NotSock)) => "close: WSAENOTSOCK",
        (Op::Close { .. }, Answer::Fails(WsaError::NotInitialised)) => "close: WSANOTINITIALISED",
        (Op::Recv { .. }, Answer::Fails(WsaError::ConnAborted)) => "recv: WSAECONNABORTED",
        (Op::Recv { .. }, Answer::Fails(WsaError::ConnReset)) => "recv: WSAECONNRESET",
        (Op::Recv { .. }, Answer::Fails(WsaError::Shutdown)) => "recv: WSAESHUTDOWN",
        (Op::Recv { .. }, Answer::Bytes(0)) => "recv: the end",
        (Op::Recv { .. }, Answer::Bytes(_)) => "recv: data",
        (Op::Send { .. }, Answer::Fails(WsaError::ConnReset)) => "send: WSAECONNRESET",
        (Op::Send { .. }, Answer::Fails(WsaError::Shutdown)) => "send: WSAESHUTDOWN",
        (Op::Send { .. }, Answer::Fails(WsaError::WouldBlock)) => "send: WSAEWOULDBLOCK",
        (Op::Send { .. }, Answer::Sent(_)) => "send: taken",
        _ => return,
    });
}

/// What a blocked call returned.
pub(crate) fn note_return(blocked: &Blocked, answer: Answer, now: Instant) {
    note(match (blocked.op, answer) {
        (Op::Close { .. }, _) if blocked.until.is_some_and(|until| until <= now) => {
            "linger: its time was up (CS-E8)"
        }
        (Op::Close { .. }, _) => "linger: done in time (CS-E7)",
        (Op::Recv { .. }, Answer::Bytes(0)) => "waited: recv, the end",
        (Op::Recv { .. }, Answer::Bytes(_)) => "waited: recv, data",
        (Op::Recv { .. }, _) => "waited: recv, an error",
        (Op::Send { .. }, Answer::Sent(_)) => "waited: send, taken",
        (Op::Send { .. }, _) => "waited: send, an error",
        (Op::Accept { .. }, _) => "waited: accept",
        (Op::Connect { .. }, Answer::Zero) => "waited: connect",
        (Op::Connect { .. }, _) => "waited: connect, in vain",
        _ => return,
    });
}
