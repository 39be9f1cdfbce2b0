//! The rows: an option a row. What is not here is in `absent.rs`.

use super::state::SocketState::{self, Bound, Connected, Connecting, Listening, Unbound};
use crate::winsock::consts::*;

/// An option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// SOL_SOCKET or IPPROTO_TCP.
    pub level: i32,
    /// The option's number.
    pub number: i32,
    /// Its name in winsock2.h or ws2ipdef.h.
    pub name: &'static str,
    /// How its value lies in memory.
    pub kind: Kind,
    /// The sockets that have it.
    pub sockets: Sockets,
    /// Whether getsockopt reads it.
    pub get: bool,
    /// The states in which setsockopt sets it; none: it cannot be set.
    pub set: &'static [SocketState],
    /// What it does.
    pub effect: &'static str,
    pub(super) option: Opt,
}

impl Row {
    /// The row of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
        TABLE.iter().find(|row| row.name == name)
    }

    /// The row of this level and number.
    #[must_use]
    pub fn find(level: i32, number: i32) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.level == level && row.number == number)
    }

    /// The level's name.
    #[must_use]
    pub fn level_name(&self) -> &'static str {
        if self.level == IPPROTO_TCP { "IPPROTO_TCP" } else { "SOL_SOCKET" }
    }
}

/// The C type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// BOOL, four bytes of which one will do.
    Bool,
    /// BOOL, of which Windows reads and writes the first byte alone.
    ByteBool,
    /// int.
    Int,
    /// DWORD.
    Dword,
    /// `struct linger`.
    Linger,
}

impl Kind {
    /// Its name in C.
    #[must_use]
    pub const fn c_name(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::ByteBool => "BOOL (1 byte)",
            Self::Int => "int",
            Self::Dword => "DWORD",
            Self::Linger => "struct linger",
        }
    }
}

/// Kinds of sockets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sockets {
    /// SOCK_STREAM.
    Stream,
    /// SOCK_DGRAM.
    Datagram,
    /// Both.
    Both,
}

impl Sockets {
    /// Whether a socket is one of them.
    #[must_use]
    pub const fn include(self, datagram: bool) -> bool {
        match self {
            Self::Stream => !datagram,
            Self::Datagram => datagram,
            Self::Both => true,
        }
    }
}

/// An option, to match on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Opt {
    AcceptConn,
    ReuseAddr,
    ExclusiveAddrUse,
    KeepAlive,
    Broadcast,
    Linger,
    DontLinger,
    OobInline,
    SendBuffer,
    ReceiveBuffer,
    SendTimeout,
    ReceiveTimeout,
    Error,
    Type,
    MaxMessage,
    PauseAccept,
    ConnectTime,
    NoDelay,
    Expedited1122,
    BsdUrgent,
    KeepIdle,
    KeepInterval,
    KeepCount,
    MaxSegment,
    MaxRt,
    MaxRtMs,
    NoSynRetries,
    Timestamps,
    FailOnIcmp,
}

/// Other names of rows.
pub const ALIASES: &[(&str, &str)] = &[("TCP_KEEPALIVE", "TCP_KEEPIDLE")];

const NEVER: &[SocketState] = &[];
const ALWAYS: &[SocketState] = SocketState::ALL;
/// Before a SYN has left or come.
const UNTIL_SYN: &[SocketState] = &[Unbound, Bound, Listening];
/// Before a connection is established.
const UNTIL_CONNECTED: &[SocketState] = &[Unbound, Bound, Listening, Connecting];

const fn socket(
    (number, name): (i32, &'static str),
    kind: Kind,
    sockets: Sockets,
    (get, set): (bool, &'static [SocketState]),
    option: Opt,
    effect: &'static str,
) -> Row {
    Row { level: SOL_SOCKET, number, name, kind, sockets, get, set, effect, option }
}

const fn tcp(
    (number, name): (i32, &'static str),
    kind: Kind,
    (get, set): (bool, &'static [SocketState]),
    option: Opt,
    effect: &'static str,
) -> Row {
    Row { level: IPPROTO_TCP, number, name, kind, sockets: Sockets::Stream, get, set, effect, option }
}

/// A name with its number.
macro_rules! named {
    ($name:ident) => {
        ($name, stringify!($name))
    };
}

/// Every option, by level; the opposites of others come last.
pub const TABLE: &[Row] = &[
    socket(
        named!(SO_ACCEPTCONN),
        Kind::Bool,
        Sockets::Stream,
        (true, NEVER),
        Opt::AcceptConn,
        "whether listen was called",
    ),
    socket(
        named!(SO_REUSEADDR),
        Kind::Bool,
        Sockets::Both,
        (true, UNTIL_SYN),
        Opt::ReuseAddr,
        "the name may be bound again by who also says so; the first one bound gets what arrives (WF-9.10, \
         WF-9.11). Set after bind it counts for those who bind later. WSAEINVAL beside SO_EXCLUSIVEADDRUSE \
         (WF-9.17)",
    ),
    socket(
        named!(SO_KEEPALIVE),
        Kind::ByteBool,
        Sockets::Stream,
        (true, &[Unbound, Bound, Listening, Connected]),
        Opt::KeepAlive,
        "an idle connection is probed, and ends if no probe is answered (R67, R68, WF-10.11)",
    ),
    socket(
        named!(SO_BROADCAST),
        Kind::Bool,
        Sockets::Datagram,
        (true, ALWAYS),
        Opt::Broadcast,
        "connect, send and sendto to 255.255.255.255, on every link of the host; without it WSAEACCES",
    ),
    socket(
        named!(SO_LINGER),
        Kind::Linger,
        Sockets::Stream,
        (true, ALWAYS),
        Opt::Linger,
        "what closesocket does ([the table](../table.md), CS-C, CS-D). Both members are kept as they were \
         set (WF-2.31, WF-2.32)",
    ),
    socket(
        named!(SO_OOBINLINE),
        Kind::Bool,
        Sockets::Stream,
        (true, ALWAYS),
        Opt::OobInline,
        "urgent data stays in the stream (R71)",
    ),
    socket(
        named!(SO_SNDBUF),
        Kind::Int,
        Sockets::Both,
        (true, ALWAYS),
        Opt::SendBuffer,
        "how much may be queued before send waits (R34). A datagram leaves at once: none is ever queued",
    ),
    socket(
        named!(SO_RCVBUF),
        Kind::Int,
        Sockets::Both,
        (true, ALWAYS),
        Opt::ReceiveBuffer,
        "the receive window, or the datagrams that may wait (R34, R81)",
    ),
    socket(
        named!(SO_SNDTIMEO),
        Kind::Dword,
        Sockets::Both,
        (true, ALWAYS),
        Opt::SendTimeout,
        "milliseconds that a blocking send waits, then WSAETIMEDOUT (R35); 0: as long as it takes",
    ),
    socket(
        named!(SO_RCVTIMEO),
        Kind::Dword,
        Sockets::Both,
        (true, ALWAYS),
        Opt::ReceiveTimeout,
        "milliseconds that a blocking receive waits, then WSAETIMEDOUT (R35); 0: as long as it takes",
    ),
    socket(
        named!(SO_ERROR),
        Kind::Int,
        Sockets::Both,
        (true, NEVER),
        Opt::Error,
        "why the last nonblocking connect failed (WF-6.14); once, what ended the connection (R53)",
    ),
    socket(named!(SO_TYPE), Kind::Int, Sockets::Both, (true, NEVER), Opt::Type, "SOCK_STREAM or SOCK_DGRAM"),
    socket(
        named!(SO_MAX_MSG_SIZE),
        Kind::Dword,
        Sockets::Datagram,
        (true, NEVER),
        Opt::MaxMessage,
        "65,507: a longer datagram is WSAEMSGSIZE",
    ),
    socket(
        named!(SO_PAUSE_ACCEPT),
        Kind::Bool,
        Sockets::Stream,
        (true, UNTIL_SYN),
        Opt::PauseAccept,
        "while it is set, a listening socket answers every SYN with RST (WF-10.15); accepted sockets do \
         not inherit it",
    ),
    socket(
        named!(SO_CONNECT_TIME),
        Kind::Dword,
        Sockets::Stream,
        (true, NEVER),
        Opt::ConnectTime,
        "whole seconds since the connection was established; 0xFFFFFFFF if there is none, or none but its \
         TIME_WAIT (WF-10.19)",
    ),
    socket(
        named!(SO_DONTLINGER),
        Kind::Bool,
        Sockets::Stream,
        (true, ALWAYS),
        Opt::DontLinger,
        "l_onoff the other way round (R3, CS-C3, CS-C4, WF-2.35, WF-2.36)",
    ),
    socket(
        named!(SO_EXCLUSIVEADDRUSE),
        Kind::Bool,
        Sockets::Both,
        (true, &[Unbound]),
        Opt::ExclusiveAddrUse,
        "nobody else may bind the name, and connections that still have it stand in the way (WF-9.5, \
         WF-9.14 to 9.16). WSAEINVAL beside SO_REUSEADDR (WF-9.17)",
    ),
    tcp(
        named!(TCP_NODELAY),
        Kind::ByteBool,
        (true, ALWAYS),
        Opt::NoDelay,
        "a small segment does not wait for the ACK of the one before (Nagle's algorithm is off)",
    ),
    tcp(
        named!(TCP_EXPEDITED_1122),
        Kind::Bool,
        (true, ALWAYS),
        Opt::Expedited1122,
        "the urgent pointer, both ways, names the last octet of urgent data (RFC 1122 4.2.2.4), not the \
         one after it. Once on it stays on: WSAEINVAL",
    ),
    tcp(
        named!(TCP_KEEPIDLE),
        Kind::Int,
        (true, ALWAYS),
        Opt::KeepIdle,
        "seconds, from 1 up, until the first keep-alive probe (R67)",
    ),
    tcp(
        named!(TCP_MAXSEG),
        Kind::Int,
        (true, NEVER),
        Opt::MaxSegment,
        "the effective send MSS (RFC 9293 3.7.1); 536 over IPv4 or 1,220 over IPv6 while nothing is \
         connected",
    ),
    tcp(
        named!(TCP_MAXRT),
        Kind::Int,
        (true, ALWAYS),
        Opt::MaxRt,
        "seconds until retransmission of SYN, text or FIN gives up; -1: never; 0: as the system does (R69)",
    ),
    tcp(
        named!(TCP_NOSYNRETRIES),
        Kind::Bool,
        (true, UNTIL_CONNECTED),
        Opt::NoSynRetries,
        "SYN and SYN+ACK are sent once: connect fails when the first would be sent again, or with the \
         first RST (R23)",
    ),
    tcp(
        named!(TCP_TIMESTAMPS),
        Kind::Bool,
        (true, UNTIL_SYN),
        Opt::Timestamps,
        "timestamps (RFC 7323) are offered and answered, or neither, whatever the profile says (R62)",
    ),
    tcp(
        named!(TCP_MAXRTMS),
        Kind::Dword,
        (true, ALWAYS),
        Opt::MaxRtMs,
        "the same limit as TCP_MAXRT, in milliseconds; 0xFFFFFFFF: never",
    ),
    tcp(
        named!(TCP_KEEPCNT),
        Kind::Int,
        (true, ALWAYS),
        Opt::KeepCount,
        "probes, 1 to 255, after which an unanswered connection is over (R68)",
    ),
    tcp(
        named!(TCP_KEEPINTVL),
        Kind::Int,
        (true, ALWAYS),
        Opt::KeepInterval,
        "seconds, from 1 up, between keep-alive probes (R67)",
    ),
    tcp(
        named!(TCP_FAIL_CONNECT_ON_ICMP_ERROR),
        Kind::Bool,
        (true, &[Unbound, Bound, Connecting]),
        Opt::FailOnIcmp,
        "the first ICMP error, soft or hard, fails connect with WSAEHOSTUNREACH, in the place of R77 and R78",
    ),
    tcp(
        named!(TCP_BSDURGENT),
        Kind::Bool,
        (true, ALWAYS),
        Opt::BsdUrgent,
        "TCP_EXPEDITED_1122 the other way round",
    ),
];
