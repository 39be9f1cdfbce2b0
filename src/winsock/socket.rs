//! Sockets: what a handle stands for. A socket is counted by its descriptors and may be outlived by its
//! connection.

use super::error::WsaError;
use super::options::Options;
use super::process::{ProcessId, ThreadId};
use crate::addr::Endpoint;
use crate::stack::{BindingId, ConnId, DatagramsId, ListenerId};
use crate::time::Instant;
use alloc::collections::VecDeque;
use slab::Slab;

/// A socket of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SocketId(pub(super) u32);

/// AF_INET or AF_INET6.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    Inet,
    Inet6,
}

impl Family {
    pub(super) fn fits(self, name: Endpoint) -> bool {
        name.ip.is_ipv4() == (self == Self::Inet)
    }
}

/// What a socket is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Neither listening nor connected; bound or not.
    Unconnected,
    /// listen was called.
    Listening(ListenerId),
    /// connect is under way, to that peer.
    Connecting(ConnId, Endpoint),
    /// Connected once; the connection may be over.
    Connected(ConnId),
    /// A datagram socket, bound or not.
    Datagram(Option<DatagramsId>),
    /// closesocket is lingering; no handle is left.
    Closing(ConnId),
}

/// The call that made a socket: what a leak report names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MadeBy {
    /// `socket` or `accept`.
    pub call: &'static str,
    /// The thread that called.
    pub thread: ThreadId,
    /// When.
    pub at: Instant,
}

#[derive(Clone, Debug)]
pub(super) struct Socket {
    pub(super) family: Family,
    pub(super) phase: Phase,
    pub(super) options: Options,
    pub(super) nonblocking: bool,
    /// Descriptors in all processes.
    pub(super) references: u32,
    pub(super) binding: Option<BindingId>,
    /// shutdown(SD_RECEIVE) was called.
    pub(super) receive_shut: bool,
    /// shutdown(SD_SEND) was called.
    pub(super) send_shut: bool,
    /// SO_ERROR: why the last nonblocking connect failed (WF-6.14).
    pub(super) error: Option<WsaError>,
    /// A call has told what ended the connection.
    pub(super) end_told: bool,
    /// Why the last connect failed, for the call that waits for it.
    pub(super) connect_failed: Option<WsaError>,
    /// Threads blocked on this socket, in the order of their calls.
    pub(super) waiters: VecDeque<ThreadId>,
    pub(super) owner: ProcessId,
    pub(super) made_by: MadeBy,
}

/// The sockets of a host.
#[derive(Clone, Debug, Default)]
pub(super) struct Sockets {
    slots: Slab<Socket>,
}

impl Sockets {
    pub(super) fn insert(&mut self, socket: Socket) -> SocketId {
        let slot = self.slots.insert(socket);
        SocketId(u32::try_from(slot).expect("fewer than 2^32 sockets in a host"))
    }

    pub(super) fn get(&self, id: SocketId) -> &Socket {
        &self.slots[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: SocketId) -> &mut Socket {
        &mut self.slots[id.0 as usize]
    }

    pub(super) fn contains(&self, id: SocketId) -> bool {
        self.slots.contains(id.0 as usize)
    }

    pub(super) fn remove(&mut self, id: SocketId) -> Socket {
        self.slots.remove(id.0 as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SocketId, &Socket)> {
        self.slots.iter().map(|(slot, socket)| (SocketId(u32::try_from(slot).unwrap_or(u32::MAX)), socket))
    }
}
