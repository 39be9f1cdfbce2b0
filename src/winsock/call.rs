//! Calls as data: what a thread asks for, and what it gets.

use super::error::WsaError;
use crate::addr::Endpoint;
use crate::buf::Rope;
use crate::rule::Rule;
use bytes::Bytes;
use core::fmt;

/// A handle of a process: a socket, or an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Handle(pub u32);

impl Handle {
    /// INVALID_SOCKET: no handle has this value.
    pub const INVALID_SOCKET: Self = Self(u32::MAX);
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// Winsock's numbers, as winsock2.h and ws2def.h have them.
pub mod consts {
    /// IPv4.
    pub const AF_INET: i32 = 2;
    /// IPv6.
    pub const AF_INET6: i32 = 23;
    /// A stream socket.
    pub const SOCK_STREAM: i32 = 1;
    /// A datagram socket.
    pub const SOCK_DGRAM: i32 = 2;
    /// UDP, as a protocol and as a level of options.
    pub const IPPROTO_UDP: i32 = 17;
    /// TCP, as a protocol and as a level of options.
    pub const IPPROTO_TCP: i32 = 6;
    /// The socket level of options.
    pub const SOL_SOCKET: i32 = 0xffff;
    /// IPv4, as a level of options.
    pub const IPPROTO_IP: i32 = 0;
    /// IPv6, as a level of options.
    pub const IPPROTO_IPV6: i32 = 41;
    /// Option, read only: bool, listen was called.
    pub const SO_ACCEPTCONN: i32 = 0x0002;
    /// Option: bool.
    pub const SO_REUSEADDR: i32 = 0x0004;
    /// Option: bool.
    pub const SO_EXCLUSIVEADDRUSE: i32 = !SO_REUSEADDR;
    /// Option: bool.
    pub const SO_KEEPALIVE: i32 = 0x0008;
    /// Option of datagram sockets: bool, datagrams may go to everybody.
    pub const SO_BROADCAST: i32 = 0x0020;
    /// Option: `struct linger`, two u_short.
    pub const SO_LINGER: i32 = 0x0080;
    /// Option: bool.
    pub const SO_DONTLINGER: i32 = !SO_LINGER;
    /// Option: bool, urgent data stays in line.
    pub const SO_OOBINLINE: i32 = 0x0100;
    /// Option: int, bytes.
    pub const SO_SNDBUF: i32 = 0x1001;
    /// Option: int, bytes.
    pub const SO_RCVBUF: i32 = 0x1002;
    /// Option: DWORD, milliseconds that send waits at most; 0: as long as it takes.
    pub const SO_SNDTIMEO: i32 = 0x1005;
    /// Option: DWORD, milliseconds that recv waits at most; 0: as long as it takes.
    pub const SO_RCVTIMEO: i32 = 0x1006;
    /// Option: int, a Winsock error code; read only.
    pub const SO_ERROR: i32 = 0x1007;
    /// Option, read only: int, SOCK_STREAM or SOCK_DGRAM.
    pub const SO_TYPE: i32 = 0x1008;
    /// Option of datagram sockets, read only: DWORD, the longest datagram that can be sent.
    pub const SO_MAX_MSG_SIZE: i32 = 0x2003;
    /// Option: bool, a listening socket answers every SYN with RST.
    pub const SO_PAUSE_ACCEPT: i32 = 0x3003;
    /// Option, read only: DWORD, seconds since the connection was established; 0xffffffff if there is none.
    pub const SO_CONNECT_TIME: i32 = 0x700c;
    /// Option at level IPPROTO_TCP: bool.
    pub const TCP_NODELAY: i32 = 0x0001;
    /// Option at level IPPROTO_TCP: bool, the urgent pointer as RFC 1122 has it.
    pub const TCP_EXPEDITED_1122: i32 = 2;
    /// Option at level IPPROTO_TCP: seconds until the first keep-alive probe.
    pub const TCP_KEEPIDLE: i32 = 3;
    /// TCP_KEEPIDLE's older name.
    pub const TCP_KEEPALIVE: i32 = TCP_KEEPIDLE;
    /// Option at level IPPROTO_TCP, read only: the effective send MSS, in bytes.
    pub const TCP_MAXSEG: i32 = 4;
    /// Option at level IPPROTO_TCP: seconds until retransmission gives up; -1 never, 0 as the system does.
    pub const TCP_MAXRT: i32 = 5;
    /// Option at level IPPROTO_TCP: bool, a SYN is sent once.
    pub const TCP_NOSYNRETRIES: i32 = 9;
    /// Option at level IPPROTO_TCP: bool, RFC 7323 timestamps.
    pub const TCP_TIMESTAMPS: i32 = 10;
    /// Option at level IPPROTO_TCP: as TCP_MAXRT, in milliseconds.
    pub const TCP_MAXRTMS: i32 = 14;
    /// Option at level IPPROTO_TCP: unanswered keep-alive probes after which the connection is over.
    pub const TCP_KEEPCNT: i32 = 16;
    /// Option at level IPPROTO_TCP: seconds between keep-alive probes.
    pub const TCP_KEEPINTVL: i32 = 17;
    /// Option at level IPPROTO_TCP: bool, an ICMP error ends connect.
    pub const TCP_FAIL_CONNECT_ON_ICMP_ERROR: i32 = 18;
    /// Option at level IPPROTO_TCP: bool, the opposite of TCP_EXPEDITED_1122.
    pub const TCP_BSDURGENT: i32 = 0x7000;
    /// WSAIoctl: `struct tcp_keepalive`, three u_long.
    pub const SIO_KEEPALIVE_VALS: u32 = 0x9800_0004;
    /// WSAIoctl: after how many segments an ACK leaves at once.
    pub const SIO_TCP_SET_ACK_FREQUENCY: u32 = 0x9800_0017;
    /// ioctlsocket: blocking mode.
    pub const FIONBIO: u32 = 0x8004_667e;
    /// ioctlsocket: bytes that can be read.
    pub const FIONREAD: u32 = 0x4004_667f;
    /// ioctlsocket: whether no unread urgent data lies ahead.
    pub const SIOCATMARK: u32 = 0x4004_7307;
    /// shutdown: no more receiving.
    pub const SD_RECEIVE: i32 = 0;
    /// shutdown: no more sending.
    pub const SD_SEND: i32 = 1;
    /// shutdown: both.
    pub const SD_BOTH: i32 = 2;
    /// send: all of the data is urgent. recv: the urgent byte.
    pub const MSG_OOB: i32 = 1;
    /// recv: leave the data where it is.
    pub const MSG_PEEK: i32 = 2;
    /// listen: as many as the provider allows.
    pub const SOMAXCONN: i32 = 0x7fff_ffff;
}

/// A Winsock call with its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// `WSAStartup(wVersionRequested)`: the major version in the low byte.
    WsaStartup {
        /// The version asked for.
        version: u16,
    },
    /// `WSACleanup()`
    WsaCleanup,
    /// `WSAGetLastError()`
    WsaGetLastError,
    /// `WSASetLastError(code)`
    WsaSetLastError {
        /// The code.
        code: i32,
    },
    /// `WSACreateEvent()`
    WsaCreateEvent,
    /// `WSACloseEvent(event)`
    WsaCloseEvent {
        /// The event.
        event: Handle,
    },
    /// `socket(af, type, protocol)`
    Socket {
        /// Address family.
        family: i32,
        /// Socket type.
        kind: i32,
        /// Protocol; 0 for the one that fits.
        protocol: i32,
    },
    /// `bind(s, name)`
    Bind {
        /// The socket.
        s: Handle,
        /// The name; the wildcard address for all, port 0 for any.
        name: Endpoint,
    },
    /// `listen(s, backlog)`
    Listen {
        /// The socket.
        s: Handle,
        /// How many connections may wait; SOMAXCONN for as many as there may be.
        backlog: i32,
    },
    /// `accept(s)`
    Accept {
        /// The listening socket.
        s: Handle,
    },
    /// `connect(s, name)`
    Connect {
        /// The socket.
        s: Handle,
        /// The other end.
        name: Endpoint,
    },
    /// `send(s, buf, len, flags)`
    Send {
        /// The socket.
        s: Handle,
        /// The bytes, shared and not copied.
        data: Bytes,
        /// 0 or MSG_OOB.
        flags: i32,
    },
    /// `recv(s, buf, len, flags)`
    Recv {
        /// The socket.
        s: Handle,
        /// The most bytes to return.
        len: usize,
        /// 0, MSG_PEEK, MSG_OOB or both.
        flags: i32,
    },
    /// `sendto(s, buf, len, flags, to)`: a stream socket ignores `to`.
    Sendto {
        /// The socket.
        s: Handle,
        /// The bytes, shared and not copied.
        data: Bytes,
        /// 0.
        flags: i32,
        /// The other end; none: the one that connect named.
        to: Option<Endpoint>,
    },
    /// `recvfrom(s, buf, len, flags)`
    Recvfrom {
        /// The socket.
        s: Handle,
        /// The most bytes to return; a longer datagram is cut, and an error.
        len: usize,
        /// 0 or MSG_PEEK.
        flags: i32,
    },
    /// `shutdown(s, how)`
    Shutdown {
        /// The socket.
        s: Handle,
        /// SD_RECEIVE, SD_SEND or SD_BOTH.
        how: i32,
    },
    /// `closesocket(s)`
    Closesocket {
        /// The socket.
        s: Handle,
    },
    /// `setsockopt(s, level, optname, optval, optlen)`
    Setsockopt {
        /// The socket.
        s: Handle,
        /// The level.
        level: i32,
        /// The option.
        name: i32,
        /// The value's bytes, little endian; None is a null pointer.
        value: Option<Bytes>,
    },
    /// `getsockopt(s, level, optname, optval, optlen)`
    Getsockopt {
        /// The socket.
        s: Handle,
        /// The level.
        level: i32,
        /// The option.
        name: i32,
        /// The size of the caller's buffer.
        len: usize,
    },
    /// `ioctlsocket(s, cmd, argp)`
    Ioctlsocket {
        /// The socket.
        s: Handle,
        /// FIONBIO, FIONREAD or SIOCATMARK.
        cmd: u32,
        /// What argp points to.
        arg: u32,
    },
    /// `WSAIoctl(s, dwIoControlCode, lpvInBuffer, cbInBuffer, …)`
    WsaIoctl {
        /// The socket.
        s: Handle,
        /// SIO_KEEPALIVE_VALS or SIO_TCP_SET_ACK_FREQUENCY.
        code: u32,
        /// What lpvInBuffer points to, little endian; None is a null pointer.
        input: Option<Bytes>,
    },
    /// `getsockname(s)`
    Getsockname {
        /// The socket.
        s: Handle,
    },
    /// `getpeername(s)`
    Getpeername {
        /// The socket.
        s: Handle,
    },
}

/// What a call that succeeded returns, out-parameters included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// 0.
    Zero,
    /// send: bytes taken.
    Sent(usize),
    /// recv: the bytes, shared; none at the end of the stream.
    Received(Rope),
    /// recvfrom of a datagram: the bytes, and where they came from.
    ReceivedFrom(Rope, Endpoint),
    /// socket, WSACreateEvent: the new handle.
    Handle(Handle),
    /// accept: the new socket and its peer.
    Accepted(Handle, Endpoint),
    /// getsockname, getpeername.
    Name(Endpoint),
    /// getsockopt: the value's bytes, little endian.
    Option(Bytes),
    /// ioctlsocket: what argp points to afterwards.
    Argument(u32),
    /// WSAStartup: the version agreed on, and the highest there is.
    Startup(u16, u16),
    /// WSAGetLastError.
    LastError(i32),
}

/// A call's result: a value, or the error that the call reports.
pub type CallResult = Result<Value, WsaError>;

/// A result and why it is that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    /// The result.
    pub result: CallResult,
    /// The reason.
    pub rule: Rule,
}

/// What becomes of a call at once.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "a blocked call returns later"]
pub enum Outcome {
    /// It has returned.
    Returned(Return),
    /// It blocks its thread; its return comes out of `poll_output`.
    Blocked,
}

/// An attempt at a call: what it returns, or that it would have to wait.
pub(super) enum Attempt {
    Done(CallResult, Rule),
    Wait,
}

impl Attempt {
    pub(super) fn ok(value: Value) -> Self {
        Self::Done(Ok(value), Rule::Completed)
    }

    pub(super) fn fail(error: WsaError) -> Self {
        Self::Done(Err(error), Rule::CallFailed)
    }
}

impl From<Result<Value, WsaError>> for Attempt {
    fn from(result: Result<Value, WsaError>) -> Self {
        match result {
            Ok(value) => Self::ok(value),
            Err(error) => Self::fail(error),
        }
    }
}
