//! Processes and threads: WSAStartup's count, the handle table, the last error, the call that a thread is
//! blocked in.

use super::accept::Asking;
use super::arguments::Handle;
use super::blocked::Blocked;
use super::event::EventId;
use super::notify::{Message, Window};
use super::socket::{MadeBy, SocketId};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

/// A process of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProcessId(pub(super) u32);

/// A thread of a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ThreadId(pub(super) u32);

impl ProcessId {
    /// The process's number on its host, from 1 on.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 + 1
    }
}

impl ThreadId {
    /// The thread's number on its host, from 1 on.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 + 1
    }
}

/// Which value a new handle gets (CS-B1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum HandlePolicy {
    /// One that no handle ever had: use after close is always WSAENOTSOCK.
    #[default]
    Never,
    /// The lowest that is free: a closed value comes back at once, as the page of 2022 warns.
    LowestFree,
}

/// What a handle stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Object {
    Socket(SocketId),
    Event(EventId),
    /// closesocket lingers on it: no use of the handle succeeds, and its value is nobody else's (R32).
    Closing(SocketId),
}

/// Handles are multiples of four, as Windows' are.
const FIRST: u32 = 0x100;
const STEP: u32 = 4;

#[derive(Clone, Debug)]
pub(super) struct Handles {
    pub(super) policy: HandlePolicy,
    pub(super) objects: HashMap<u32, Object, FxBuildHasher>,
    pub(super) next: u32,
    pub(super) free: BTreeSet<u32>,
    /// Descriptors of datagram sockets that WSASocket made before the socket had a name (WF-7.11).
    pub(super) unnamed: BTreeSet<u32>,
    /// Descriptors that WSASocket and DuplicateHandle made of a socket that was there, and who called.
    pub(super) duplicates: BTreeMap<u32, MadeBy>,
}

impl Handles {
    fn new(policy: HandlePolicy) -> Self {
        Self {
            policy,
            objects: HashMap::default(),
            next: FIRST,
            free: BTreeSet::new(),
            unnamed: BTreeSet::new(),
            duplicates: BTreeMap::new(),
        }
    }

    /// A handle for the object; none when the process has had every value.
    pub(super) fn insert(&mut self, object: Object) -> Option<Handle> {
        let value = match self.free.pop_first() {
            Some(value) => value,
            None => {
                let value = self.next;
                self.next = value.checked_add(STEP).filter(|&n| n < u32::MAX - STEP)?;
                value
            }
        };
        self.objects.insert(value, object);
        Some(Handle(value))
    }

    pub(super) fn get(&self, handle: Handle) -> Option<Object> {
        self.objects.get(&handle.0).copied()
    }

    pub(super) fn remove(&mut self, handle: Handle) {
        self.unnamed.remove(&handle.0);
        self.duplicates.remove(&handle.0);
        if self.objects.remove(&handle.0).is_some() && self.policy == HandlePolicy::LowestFree {
            self.free.insert(handle.0);
        }
    }

    /// Every socket of the process with its handle, in the order of handles.
    pub(super) fn sockets(&self) -> Vec<(Handle, SocketId)> {
        let sockets = self.objects.iter().filter_map(|(&value, &object)| match object {
            Object::Socket(id) => Some((Handle(value), id)),
            Object::Event(_) | Object::Closing(_) => None,
        });
        let mut sockets: Vec<_> = sockets.collect();
        sockets.sort_unstable();
        sockets
    }

    /// Every event of the process with its handle, in the order of handles.
    pub(super) fn events(&self) -> Vec<(Handle, EventId)> {
        let events = self.objects.iter().filter_map(|(&value, &object)| match object {
            Object::Event(id) => Some((Handle(value), id)),
            Object::Socket(_) | Object::Closing(_) => None,
        });
        let mut events: Vec<_> = events.collect();
        events.sort_unstable();
        events
    }

    /// The handle stands for something else from now on.
    pub(super) fn replace(&mut self, handle: Handle, object: Object) {
        self.objects.insert(handle.0, object);
    }
}

#[derive(Clone, Debug)]
pub(super) struct Process {
    /// Successful WSAStartup calls without their WSACleanup.
    pub(super) startups: u32,
    /// One of them asked for version 1.0 or 1.1: what only Winsock 1.1 has may be called (WF-8.11).
    pub(super) legacy: bool,
    /// It has exited or was killed: it is nobody's, and its number is never given again.
    pub(super) ended: bool,
    pub(super) handles: Handles,
    /// Messages posted to windows and not yet taken.
    pub(super) messages: BTreeMap<Window, VecDeque<Message>>,
}

impl Process {
    pub(super) fn new(policy: HandlePolicy) -> Self {
        let handles = Handles::new(policy);
        Self { startups: 0, legacy: false, ended: false, handles, messages: BTreeMap::new() }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) process: ProcessId,
    /// It has ended: it is nobody's, and its number is never given again.
    pub(super) ended: bool,
    /// WSAGetLastError's value.
    pub(super) last_error: i32,
    pub(super) blocked: Option<Blocked>,
    /// It is in the condition function of its WSAAccept.
    pub(super) asking: Option<Asking>,
    /// Winsock 1.1: it has a blocking hook of its own.
    pub(super) hook: bool,
}

impl Thread {
    pub(super) const fn new(process: ProcessId) -> Self {
        Self { process, ended: false, last_error: 0, blocked: None, asking: None, hook: false }
    }
}

/// WSAStartup's version table (WF-8.3, 8.4): the version agreed on, major in the low byte; none for 0.x.
pub(super) const fn negotiate(requested: u16) -> Option<u16> {
    let [major, minor] = requested.to_le_bytes();
    match (major, minor) {
        (0, _) => None,
        (1, 0) | (2, 0..=2) => Some(requested),
        (1, _) => Some(u16::from_le_bytes([1, 1])),
        (_, _) => Some(HIGHEST),
    }
}

/// Winsock 2.2.
pub(super) const HIGHEST: u16 = 0x0202;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::winsock::socket::SocketId;

    #[test]
    fn versions_are_negotiated_as_observed() {
        let v = |major: u8, minor: u8| u16::from_le_bytes([major, minor]);
        for (asked, agreed) in [
            (v(0, 0), None),
            (v(0, 9), None),
            (v(1, 0), Some(v(1, 0))),
            (v(1, 1), Some(v(1, 1))),
            (v(1, 2), Some(v(1, 1))),
            (v(1, 255), Some(v(1, 1))),
            (v(2, 0), Some(v(2, 0))),
            (v(2, 1), Some(v(2, 1))),
            (v(2, 2), Some(v(2, 2))),
            (v(2, 3), Some(v(2, 2))),
            (v(3, 0), Some(v(2, 2))),
            (v(255, 255), Some(v(2, 2))),
        ] {
            assert_eq!(negotiate(asked), agreed, "{asked:#06x}");
        }
    }

    #[test]
    fn handle_values_follow_the_policy() {
        let object = Object::Socket(SocketId(7));
        let mut never = Handles::new(HandlePolicy::Never);
        let mut lowest = Handles::new(HandlePolicy::LowestFree);
        for handles in [&mut never, &mut lowest] {
            let a = handles.insert(object);
            assert_eq!(a, Some(Handle(0x100)));
            assert_eq!(handles.insert(object), Some(Handle(0x104)));
            handles.remove(Handle(0x100));
        }
        assert_eq!(never.insert(object), Some(Handle(0x108)));
        assert_eq!(lowest.insert(object), Some(Handle(0x100)));
    }
}
