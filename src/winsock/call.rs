//! Calls as data: what a thread asks for. `answer.rs` has what it gets.
//!
//! A pointer of the C API that may be null is an `Option` here; a null one that must not be is WSAEFAULT.

use super::arguments::{Decision, FdSets, Handle, PollFd, ProtocolInfo, SockAddr, Timeval};
use super::consts;
use super::notify::Window;
use crate::addr::Endpoint;
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;

/// A Winsock call with its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// `WSAStartup(wVersionRequested)`: the major version in the low byte.
    WsaStartup {
        /// The version asked for.
        version: u16,
        /// Whether lpWSAData points anywhere.
        data: bool,
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
        name: Option<SockAddr>,
    },
    /// `listen(s, backlog)`
    Listen {
        /// The socket.
        s: Handle,
        /// How many connections may wait; SOMAXCONN for as many as there may be.
        backlog: i32,
    },
    /// `accept(s, addr, addrlen)`
    Accept {
        /// The listening socket.
        s: Handle,
        /// How many bytes there are for the peer's name; None if it is not asked for.
        name_len: Option<usize>,
    },
    /// `WSAAccept(s, addr, addrlen, lpfnCondition, …)`. With a condition function it returns
    /// [`Value::Condition`](super::Value::Condition) when a connection is there: the thread is in the function from then on, until
    /// [`Call::ConditionReturns`], whose result is that of WSAAccept.
    WsaAccept {
        /// The listening socket.
        s: Handle,
        /// How many bytes there are for the peer's name; None if it is not asked for.
        name_len: Option<usize>,
        /// Whether there is a condition function.
        condition: bool,
    },
    /// The thread's condition function returns.
    ConditionReturns {
        /// What it decides.
        decision: Decision,
    },
    /// `connect(s, name)`
    Connect {
        /// The socket.
        s: Handle,
        /// The other end.
        name: Option<SockAddr>,
    },
    /// `send(s, buf, len, flags)`
    Send {
        /// The socket.
        s: Handle,
        /// The bytes, shared and not copied.
        data: Option<Bytes>,
        /// 0 or MSG_OOB.
        flags: i32,
    },
    /// `recv(s, buf, len, flags)`
    Recv {
        /// The socket.
        s: Handle,
        /// The most bytes to return.
        len: Option<usize>,
        /// 0, MSG_PEEK, MSG_OOB or both.
        flags: i32,
    },
    /// `sendto(s, buf, len, flags, to)`: a stream socket ignores `to`.
    Sendto {
        /// The socket.
        s: Handle,
        /// The bytes, shared and not copied.
        data: Option<Bytes>,
        /// 0.
        flags: i32,
        /// The other end; none: the one that connect named.
        to: Option<SockAddr>,
    },
    /// `recvfrom(s, buf, len, flags)`
    Recvfrom {
        /// The socket.
        s: Handle,
        /// The most bytes to return; a longer datagram is cut, and an error.
        len: Option<usize>,
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
        len: Option<usize>,
    },
    /// `ioctlsocket(s, cmd, argp)`
    Ioctlsocket {
        /// The socket.
        s: Handle,
        /// FIONBIO, FIONREAD or SIOCATMARK.
        cmd: u32,
        /// What argp points to.
        arg: Option<u32>,
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
    /// `getsockname(s, name, namelen)`
    Getsockname {
        /// The socket.
        s: Handle,
        /// How many bytes there are for the name.
        len: Option<usize>,
    },
    /// `getpeername(s, name, namelen)`
    Getpeername {
        /// The socket.
        s: Handle,
        /// How many bytes there are for the name.
        len: Option<usize>,
    },
    /// `WSASendDisconnect(s)`: shutdown(SD_SEND).
    WsaSendDisconnect {
        /// The socket.
        s: Handle,
    },
    /// `WSARecvDisconnect(s)`: shutdown(SD_RECEIVE).
    WsaRecvDisconnect {
        /// The socket.
        s: Handle,
    },
    /// `WSADuplicateSocket(s, dwProcessId, lpProtocolInfo)`
    WsaDuplicateSocket {
        /// The socket.
        s: Handle,
        /// The number of the process that is to have it ([`ProcessId::number`](super::ProcessId::number)).
        process: u32,
        /// Whether lpProtocolInfo points anywhere.
        info: bool,
    },
    /// `WSASocket(af, type, protocol, lpProtocolInfo, …)`
    WsaSocket {
        /// Address family.
        family: i32,
        /// Socket type.
        kind: i32,
        /// Protocol; 0 for the one that fits.
        protocol: i32,
        /// What WSADuplicateSocket wrote: the new handle is one more of that socket.
        info: Option<ProtocolInfo>,
    },
    /// `DuplicateHandle`, within the process: one more handle of a socket or event.
    DuplicateHandle {
        /// The handle.
        handle: Handle,
    },
    /// `CloseHandle(handle)`, of a socket, too: Winsock knows nothing of it (R40).
    CloseHandle {
        /// The handle.
        handle: Handle,
    },
    /// `select(readfds, writefds, exceptfds, timeout)`
    Select {
        /// The sets.
        sets: Box<FdSets>,
        /// How long to wait; None: until a socket is ready.
        timeout: Option<Timeval>,
    },
    /// `WSAPoll(fdarray, nfds, timeout)`
    WsaPoll {
        /// The entries.
        fds: Option<Vec<PollFd>>,
        /// Milliseconds; negative: until a socket is ready.
        timeout: i32,
    },
    /// `WSASetEvent(event)`
    WsaSetEvent {
        /// The event.
        event: Handle,
    },
    /// `WSAResetEvent(event)`
    WsaResetEvent {
        /// The event.
        event: Handle,
    },
    /// `WSAWaitForMultipleEvents(events, fWaitAll, dwTimeout)`
    WsaWaitForMultipleEvents {
        /// The events.
        events: Option<Vec<Handle>>,
        /// Whether all must be signalled.
        all: bool,
        /// Milliseconds; None: WSA_INFINITE.
        timeout: Option<u32>,
    },
    /// `WSAEventSelect(s, hEventObject, lNetworkEvents)`
    WsaEventSelect {
        /// The socket.
        s: Handle,
        /// The event.
        event: Option<Handle>,
        /// FD_READ and its like; 0 ends the registration.
        events: i32,
    },
    /// `WSAEnumNetworkEvents(s, hEventObject, lpNetworkEvents)`
    WsaEnumNetworkEvents {
        /// The socket.
        s: Handle,
        /// An event to reset.
        event: Option<Handle>,
        /// Whether lpNetworkEvents points anywhere.
        out: bool,
    },
    /// `WSAAsyncSelect(s, hWnd, wMsg, lEvent)`
    WsaAsyncSelect {
        /// The socket.
        s: Handle,
        /// The window.
        window: Option<Window>,
        /// FD_READ and its like; 0 ends the registration.
        events: i32,
    },
    /// `PeekMessage(hWnd, PM_REMOVE)`: the next message of a window of the process.
    PeekMessage {
        /// The window.
        window: Window,
    },
    /// `WSASetBlockingHook(lpBlockFunc)`, Winsock 1.1: the caller runs the function when one of the thread's calls blocks.
    WsaSetBlockingHook {
        /// Whether lpBlockFunc points anywhere.
        hook: bool,
    },
    /// `WSAUnhookBlockingHook()`, Winsock 1.1.
    WsaUnhookBlockingHook,
    /// `WSAIsBlocking()`, Winsock 1.1.
    WsaIsBlocking,
    /// `WSACancelBlockingCall()`, Winsock 1.1: the thread's blocked call fails with WSAEINTR.
    WsaCancelBlockingCall,
}

impl Call {
    /// Whether Winsock must have been started for it (CS-A2). What is the thread's own needs that no more than what is the
    /// system's: events, handles, messages.
    pub(super) const fn is_of_winsock(&self) -> bool {
        !matches!(
            self,
            Self::WsaStartup { .. }
                | Self::WsaGetLastError
                | Self::WsaSetLastError { .. }
                | Self::WsaCreateEvent
                | Self::WsaCloseEvent { .. }
                | Self::WsaSetEvent { .. }
                | Self::WsaResetEvent { .. }
                | Self::WsaWaitForMultipleEvents { .. }
                | Self::DuplicateHandle { .. }
                | Self::CloseHandle { .. }
                | Self::PeekMessage { .. }
        )
    }

    /// Whether it gives a datagram socket a name, if it has none.
    pub(super) const fn gives_a_name(&self) -> bool {
        matches!(self, Self::Bind { .. } | Self::Connect { .. } | Self::Send { .. } | Self::Sendto { .. })
    }

    /// `WSAStartup(version, &data)`
    #[must_use]
    pub const fn startup(version: u16) -> Self {
        Self::WsaStartup { version, data: true }
    }

    /// `bind(s, name)`
    #[must_use]
    pub fn bind(s: Handle, name: Endpoint) -> Self {
        Self::Bind { s, name: Some(name.into()) }
    }

    /// `accept(s, NULL, NULL)`
    #[must_use]
    pub const fn accept(s: Handle) -> Self {
        Self::Accept { s, name_len: None }
    }

    /// `connect(s, name)`
    #[must_use]
    pub fn connect(s: Handle, name: Endpoint) -> Self {
        Self::Connect { s, name: Some(name.into()) }
    }

    /// `send(s, data, 0)`
    #[must_use]
    pub const fn send(s: Handle, data: Bytes) -> Self {
        Self::Send { s, data: Some(data), flags: 0 }
    }

    /// `recv(s, buffer of len bytes, 0)`
    #[must_use]
    pub const fn recv(s: Handle, len: usize) -> Self {
        Self::Recv { s, len: Some(len), flags: 0 }
    }

    /// `ioctlsocket(s, FIONBIO, nonblocking)`
    #[must_use]
    pub fn set_nonblocking(s: Handle, nonblocking: bool) -> Self {
        Self::Ioctlsocket { s, cmd: consts::FIONBIO, arg: Some(u32::from(nonblocking)) }
    }

    /// `getsockopt(s, level, name)` into a buffer of `len` bytes.
    #[must_use]
    pub const fn getsockopt(s: Handle, level: i32, name: i32, len: usize) -> Self {
        Self::Getsockopt { s, level, name, len: Some(len) }
    }

    /// `getsockname(s)`
    #[must_use]
    pub const fn getsockname(s: Handle) -> Self {
        Self::Getsockname { s, len: Some(SockAddr::INET6) }
    }

    /// `getpeername(s)`
    #[must_use]
    pub const fn getpeername(s: Handle) -> Self {
        Self::Getpeername { s, len: Some(SockAddr::INET6) }
    }
}
