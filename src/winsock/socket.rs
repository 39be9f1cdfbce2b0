//! Sockets: what a handle stands for. A socket is counted by its descriptors and may be outlived by its
//! connection.

use super::consts;
use super::error::WsaError;
use super::notify::Notify;
use super::options::Options;
use super::process::{ProcessId, ThreadId};
use crate::addr::Endpoint;
use crate::stack::{BindingId, ConnId, DatagramsId, ListenerId, make_room};
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::vec::Vec;
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
    /// AF_INET, AF_INET6.
    pub(super) const fn number(self) -> i32 {
        match self {
            Self::Inet => consts::AF_INET,
            Self::Inet6 => consts::AF_INET6,
        }
    }

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
    /// connect is under way.
    Connecting(ConnId),
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
    /// `socket` or `accept`; of a further descriptor `WSASocket` or `DuplicateHandle`.
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
    /// Descriptors in all processes, and those that wait for WSASocket to take them.
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
    pub(super) waiters: Waiters,
    pub(super) owner: ProcessId,
    /// `accept` made it, not `socket`.
    pub(super) accepted: bool,
    /// By which thread, and when.
    pub(super) maker: ThreadId,
    pub(super) made: Instant,
}

impl Socket {
    /// Whether news of its connection change anything here: a call waits for them, or the socket itself.
    pub(super) fn is_waited_for(&self) -> bool {
        !matches!(self.waiters, Waiters::Nobody)
            || matches!(self.phase, Phase::Connecting(_))
            || self.receive_shut
    }

    pub(super) fn made_by(&self) -> MadeBy {
        let call = if self.accepted { "accept" } else { "socket" };
        MadeBy { call, thread: self.maker, at: self.made }
    }
}

/// Who waits for news of a socket: threads that are blocked on it, in the order of their calls, and who asked for its
/// network events. Seldom more than one thread.
#[derive(Clone, Debug, Default)]
pub(super) enum Waiters {
    #[default]
    Nobody,
    One(ThreadId),
    Many(Box<Many>),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Many {
    threads: Vec<ThreadId>,
    /// Once WSAEventSelect or WSAAsyncSelect has asked for network events.
    notify: Option<Notify>,
}

impl Waiters {
    pub(super) fn as_slice(&self) -> &[ThreadId] {
        match self {
            Self::Nobody => &[],
            Self::One(thread) => core::slice::from_ref(thread),
            Self::Many(many) => &many.threads,
        }
    }

    pub(super) fn push(&mut self, thread: ThreadId) {
        match self {
            Self::Nobody => *self = Self::One(thread),
            Self::One(_) | Self::Many(_) => self.many().threads.push(thread),
        }
    }

    pub(super) fn remove(&mut self, thread: ThreadId) {
        match self {
            Self::One(one) if *one == thread => *self = Self::Nobody,
            Self::Many(many) => many.threads.retain(|&t| t != thread),
            Self::Nobody | Self::One(_) => {}
        }
    }

    pub(super) fn notify(&self) -> Option<&Notify> {
        if let Self::Many(many) = self { many.notify.as_ref() } else { None }
    }

    pub(super) fn notify_mut(&mut self) -> Option<&mut Notify> {
        if let Self::Many(many) = self { many.notify.as_mut() } else { None }
    }

    /// What was there before is returned.
    pub(super) fn set_notify(&mut self, notify: Option<Notify>) -> Option<Notify> {
        if notify.is_none() && self.notify().is_none() {
            return None;
        }
        core::mem::replace(&mut self.many().notify, notify)
    }

    fn many(&mut self) -> &mut Many {
        if !matches!(self, Self::Many(_)) {
            let threads = self.as_slice().to_vec();
            *self = Self::Many(Box::new(Many { threads, notify: None }));
        }
        let Self::Many(many) = self else { unreachable!("it was made so") };
        many
    }
}

/// The sockets of a host.
#[derive(Clone, Debug, Default)]
pub(super) struct Sockets {
    slots: Slab<Socket>,
}

impl Sockets {
    pub(super) fn insert(&mut self, socket: Socket) -> SocketId {
        make_room(&mut self.slots);
        let slot = self.slots.insert(socket);
        SocketId(u32::try_from(slot).expect("fewer than 2^32 sockets in a host"))
    }

    pub(super) fn get(&self, id: SocketId) -> &Socket {
        &self.slots[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: SocketId) -> &mut Socket {
        &mut self.slots[id.0 as usize]
    }

    pub(super) fn find(&self, id: SocketId) -> Option<&Socket> {
        self.slots.get(id.0 as usize)
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
