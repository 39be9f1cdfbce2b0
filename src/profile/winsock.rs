//! What of a profile Winsock asks: how a close, a call or a notification goes where sources differ.

/// R1: when a nonblocking close with a nonzero timeout can complete at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NonblockingLinger {
    /// When no byte is unsent or unacknowledged (the page's body).
    WouldBlockIfUnsent,
    /// Never: always WSAEWOULDBLOCK (the page's summary).
    AlwaysWouldBlock,
}

/// R2: what a blocking lingering close waits for, its timeout aside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LingerWake {
    /// All data acknowledged.
    DataAcknowledged,
    /// All data and our FIN acknowledged.
    FinAcknowledged,
    /// The peer's FIN, too, has come.
    PeerFin,
}

/// R3: what SO_DONTLINGER's TRUE means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DontLinger {
    /// TRUE: l_onoff 0.
    TrueIsOff,
    /// TRUE: l_onoff 1 (the `linger` page, to the letter).
    TrueIsOn,
}

/// R4, R5: a close that may lose what the peer sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnsafeClose {
    /// RST, whatever the linger option.
    Reset,
    /// As the linger table says.
    LingerTable,
}

/// R11: which code says "reset".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ResetCode {
    /// WSAECONNRESET.
    ConnReset,
    /// WSAECONNABORTED.
    ConnAborted,
}

/// CS-E5, WF-4.4: what recv says after both shutdown(SD_RECEIVE) and a RST.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ShutAndReset {
    /// The code of the RST: after a hard close any recv on the remote side fails with WSAECONNRESET.
    Reset,
    /// WSAESHUTDOWN, every time.
    Shutdown,
}

/// R14: which code says "retransmission gave up".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GiveUpCode {
    /// WSAETIMEDOUT.
    TimedOut,
    /// WSAECONNABORTED.
    ConnAborted,
}

/// R53: what SO_ERROR tells, a failed connect aside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SoError {
    /// Nothing (WF-3.7: 0 after a reset).
    ConnectOnly,
    /// Once, what ended the connection, if no call has told of it: the page's "returns and resets".
    WhatEnded,
}

/// R15: a RST for a connection in the accept queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ResetInAcceptQueue {
    /// The next accept takes its place and fails with WSAECONNRESET.
    AcceptFails,
    /// accept succeeds; the first recv fails with WSAECONNRESET.
    FirstRecvFails,
}

/// R20: a descriptor that is not the socket's last is closed while calls are pending on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CloseOneOfMany {
    /// The calls of the process's threads on the socket are cancelled: the page sets no condition.
    CancelsCalls,
    /// Nothing is cancelled.
    LeavesCalls,
}

/// R10: FD_CLOSE while received data is unread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FdClose {
    /// After all of it was read.
    AfterRead,
    /// At once.
    AtOnce,
}

/// R82: data or a connection arrives, and WSAEventSelect has told of one before that was not yet received or accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arrivals {
    /// Nothing is recorded until recv or accept re-enables the event.
    OnceUntilReenabled,
    /// Each arrival is recorded.
    Each,
}
