//! Who owns what: for netstat, and for the report of leaks.

use super::Winsock;
use super::arguments::Handle;
use super::blocked::Wait;
use super::process::ProcessId;
use super::socket::{MadeBy, Phase, SocketId};
use crate::addr::Endpoint;
use crate::stack::Stack;
use crate::tcp::StateName;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The process and handles behind a socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The process that made it.
    pub process: ProcessId,
    /// Its handles; none while closesocket lingers.
    pub handles: Vec<Handle>,
}

/// What a handle's socket is, as netstat would say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SocketStatus {
    /// LISTEN, the connection's state, or CLOSED without one.
    pub state: StateName,
    /// Both ends of the connection, this host's first.
    pub ends: Option<(Endpoint, Endpoint)>,
}

/// A socket that was not closed (CS-B8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leak {
    /// The process that holds it.
    pub process: ProcessId,
    /// Its handle.
    pub handle: Handle,
    /// The call that made it.
    pub made_by: MadeBy,
}

impl Winsock {
    /// Who owns the socket that a stack knows as `user`.
    #[must_use]
    pub fn owner(&self, user: u32) -> Option<Owner> {
        let id = SocketId(user);
        let socket = self.sockets.contains(id).then(|| self.sockets.get(id))?;
        let handles = self.processes.iter().flat_map(|p| p.handles.sockets());
        let handles = handles.filter(|&(_, other)| other == id).map(|(handle, _)| handle).collect();
        Some(Owner { process: socket.owner, handles })
    }

    /// What a handle of a process stands for; none if it is no socket.
    #[must_use]
    pub fn socket_status(&self, stack: &Stack, process: ProcessId, handle: Handle) -> Option<SocketStatus> {
        let id = self.socket_of(process, handle).ok()?;
        Some(match self.sockets.get(id).phase {
            Phase::Unconnected | Phase::Datagram(_) => SocketStatus { state: StateName::Closed, ends: None },
            Phase::Listening(_) => SocketStatus { state: StateName::Listen, ends: None },
            Phase::Connecting(conn) | Phase::Connected(conn) | Phase::Closing(conn) => {
                SocketStatus { state: stack.state(conn).name(), ends: Some(stack.ends(conn)) }
            }
        })
    }

    /// Every socket that is still open, by process and handle.
    #[must_use]
    pub fn leaks(&self) -> Vec<Leak> {
        let processes = self.processes.iter().enumerate();
        processes
            .flat_map(|(i, p)| {
                let process = self.process_id(i);
                let made_by = |handle: Handle| p.handles.duplicates.get(&handle.0).copied();
                let open = p.handles.sockets().into_iter();
                open.map(move |(handle, id)| (process, handle, made_by(handle), id))
            })
            .map(|(process, handle, duplicate, id)| {
                let made_by = duplicate.unwrap_or_else(|| self.sockets.get(id).made_by());
                Leak { process, handle, made_by }
            })
            .collect()
    }

    /// What must hold between events.
    ///
    /// # Panics
    /// If an invariant is broken, with its name.
    pub fn assert_invariants(&self) {
        for (id, socket) in self.sockets.iter() {
            for &thread in socket.waiters.as_slice() {
                let blocked = self.thread(thread).blocked.as_ref();
                let waits = blocked.is_some_and(|b| b.on.as_slice().contains(&id));
                assert!(waits, "{id:?}: a waiter is blocked on it");
            }
            let lingering = matches!(socket.phase, Phase::Closing(_));
            assert_eq!(socket.references == 0, lingering, "{id:?}: without handles only while lingering");
            assert!(!lingering || socket.waiters.as_slice().len() == 1, "{id:?}: one closesocket lingers");
        }
        for (thread, blocked) in self.all_blocked() {
            for &id in blocked.on.as_slice() {
                let waits = self.sockets.find(id).is_some_and(|s| s.waiters.as_slice().contains(&thread));
                assert!(waits, "{thread:?}: blocked on a socket that knows it since {:?}", blocked.since);
            }
            let armed = blocked.until.is_none_or(|until| self.deadlines.contains(&(until, thread)));
            assert!(armed, "{thread:?}: its deadline is known");
        }
        let limited = self.all_blocked().filter(|(_, blocked)| blocked.until.is_some()).count();
        assert_eq!(self.deadlines.len(), limited, "each deadline is a blocked call's");
        self.assert_references();
    }

    /// Sockets and events are counted by what holds them.
    fn assert_references(&self) {
        let mut descriptors: BTreeMap<SocketId, usize> = BTreeMap::new();
        let handles = self.processes.iter().flat_map(|p| p.handles.sockets()).map(|(_, id)| id);
        for id in handles.chain(self.infos.open.values().map(|info| info.socket)) {
            *descriptors.entry(id).or_default() += 1;
        }
        for (id, socket) in self.sockets.iter() {
            let descriptors = descriptors.get(&id).copied().unwrap_or(0);
            assert_eq!(socket.references as usize, descriptors, "{id:?}: references are descriptors");
        }
        let mut held: Vec<_> =
            self.processes.iter().flat_map(|p| p.handles.events()).map(|(_, id)| id).collect();
        held.extend(self.sockets.iter().filter_map(|(_, socket)| socket.waiters.notify()?.event()));
        for (_, blocked) in self.all_blocked() {
            if let Wait::Events { events, .. } = &blocked.wait {
                held.extend(events);
            }
        }
        for (id, event) in self.events.iter() {
            let holders = held.iter().filter(|&&other| other == id).count();
            assert_eq!(
                event.references as usize, holders,
                "{id:?}: references are handles, registrations and waits"
            );
        }
    }
}
