//! What calls take: handles, addresses, sets, infos.

use super::consts;
use crate::addr::Endpoint;
use alloc::vec::Vec;
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

/// A `sockaddr` that a program points to, and the length that it says it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SockAddr {
    /// `sa_family`.
    pub family: i32,
    /// Address and port.
    pub name: Endpoint,
    /// `namelen`, in bytes; shorter than the family's `sockaddr` is WSAEFAULT (WF-9.18).
    pub len: usize,
}

impl SockAddr {
    /// `sizeof(struct sockaddr_in)`.
    pub const INET: usize = 16;
    /// `sizeof(struct sockaddr_in6)`.
    pub const INET6: usize = 28;
}

impl From<Endpoint> for SockAddr {
    fn from(name: Endpoint) -> Self {
        if name.ip.is_ipv4() {
            Self { family: consts::AF_INET, name, len: Self::INET }
        } else {
            Self { family: consts::AF_INET6, name, len: Self::INET6 }
        }
    }
}

/// The three sets of `select`; None is a null pointer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FdSets {
    /// `readfds`
    pub read: Option<Vec<Handle>>,
    /// `writefds`
    pub write: Option<Vec<Handle>>,
    /// `exceptfds`
    pub except: Option<Vec<Handle>>,
}

impl FdSets {
    /// What `select` returns: how many sockets are in the sets, one that is in two of them twice.
    #[must_use]
    pub fn count(&self) -> usize {
        [&self.read, &self.write, &self.except].into_iter().flatten().map(Vec::len).sum()
    }
}

/// `struct timeval`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeval {
    /// Seconds.
    pub sec: i32,
    /// Microseconds.
    pub usec: i32,
}

impl Timeval {
    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u32) -> Self {
        Self { sec: (ms / 1000).cast_signed(), usec: (ms % 1000 * 1000).cast_signed() }
    }
}

/// `struct pollfd`, without what it returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PollFd {
    /// The socket.
    pub fd: Handle,
    /// What is asked for: POLLRDNORM, POLLRDBAND, POLLWRNORM.
    pub events: i16,
}

/// What WSADuplicateSocket writes for another process, or for its own: good for one WSASocket (WF-7.10).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProtocolInfo(pub(super) u32);

impl ProtocolInfo {
    /// One that no WSADuplicateSocket ever wrote.
    pub const NONE: Self = Self(u32::MAX);

    /// Its number on its host, from 1 on.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.wrapping_add(1)
    }
}

/// What a condition function of WSAAccept returns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Decision {
    /// CF_ACCEPT
    Accept,
    /// CF_REJECT: the peer is reset.
    Reject,
    /// CF_DEFER: the connection goes on waiting.
    Defer,
}
