//! The states of a socket that decide which options may be set.

use crate::winsock::socket::{Phase, Socket};
use core::fmt;

/// What a socket is doing, for setsockopt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SocketState {
    /// It has no name.
    Unbound,
    /// bind was called, and nothing more. A datagram socket stays here.
    Bound,
    /// listen was called.
    Listening,
    /// connect is under way.
    Connecting,
    /// Connected once, by connect or accept.
    Connected,
}

impl SocketState {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::Unbound, Self::Bound, Self::Listening, Self::Connecting, Self::Connected];

    pub(super) fn of(socket: &Socket) -> Self {
        match socket.phase {
            Phase::Unconnected if socket.binding.is_none() => Self::Unbound,
            Phase::Datagram(None) => Self::Unbound,
            Phase::Unconnected | Phase::Datagram(Some(_)) => Self::Bound,
            Phase::Listening(_) => Self::Listening,
            Phase::Connecting(_) => Self::Connecting,
            Phase::Connected(_) | Phase::Closing(_) => Self::Connected,
        }
    }
}

impl fmt::Display for SocketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unbound => "unbound",
            Self::Bound => "bound",
            Self::Listening => "listening",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
        })
    }
}
