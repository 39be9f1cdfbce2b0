//! Listeners: half-open connections, the accept queue, and what becomes of both when the listener closes (R21).

use super::table::{ConnId, Holder, Table};
use super::{BindingId, Choices, Reopened, Stack};
use crate::addr::Endpoint;
use crate::packet::Segment;
use crate::profile::{Backlog, ResetInAcceptQueue};
use crate::rule::Rule;
use crate::tcp::{self, Cause, Cx, State, listen};
use crate::time::Instant;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use slab::Slab;

/// A listener of a stack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ListenerId(pub(super) u32);

#[derive(Clone, Debug)]
pub(super) struct Listener {
    pub(super) binding: BindingId,
    pub(super) name: Endpoint,
    pub(super) user: u32,
    pub(super) backlog: u32,
    pub(super) choices: Choices,
    /// Every SYN is answered by a RST.
    pub(super) paused: bool,
    pub(super) half_open: Vec<ConnId>,
    pub(super) queue: VecDeque<ConnId>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Listeners {
    pub(super) slots: Slab<Listener>,
    /// In the order in which their names were bound (WF-9.11).
    pub(super) by_port: HashMap<u16, Vec<ListenerId>, FxBuildHasher>,
}

impl Listeners {
    fn get(&self, id: ListenerId) -> &Listener {
        &self.slots[id.0 as usize]
    }

    fn get_mut(&mut self, id: ListenerId) -> &mut Listener {
        &mut self.slots[id.0 as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Listener> {
        self.slots.iter().map(|(_, listener)| listener)
    }

    /// The listener for `local`: of its very address first (WF-9.12), else of the wildcard.
    pub(super) fn find(&self, local: Endpoint) -> Option<ListenerId> {
        let ids = self.by_port.get(&local.port)?;
        let exact = ids.iter().find(|&&id| self.get(id).name.ip == local.ip);
        let wild = || {
            ids.iter().find(|&&id| {
                let ip = self.get(id).name.ip;
                ip.is_unspecified() && ip.is_ipv4() == local.ip.is_ipv4()
            })
        };
        exact.or_else(wild).copied()
    }

    /// A handshake was completed: the connection waits for accept. Tells the listener's user.
    pub(super) fn completed(&mut self, id: ListenerId, conn: ConnId) -> u32 {
        let listener = self.get_mut(id);
        listener.half_open.retain(|&c| c != conn);
        listener.queue.push_back(conn);
        listener.user
    }

    /// A half-open connection ended.
    pub(super) fn gave_up(&mut self, id: ListenerId, conn: ConnId) {
        self.get_mut(id).half_open.retain(|&c| c != conn);
    }

    pub(super) fn assert_invariants(&self, table: &Table) {
        for (slot, listener) in &self.slots {
            let id = ListenerId(u32::try_from(slot).unwrap_or(u32::MAX));
            for &conn in &listener.half_open {
                assert_eq!(table.get(conn).holder, Holder::HalfOpen(id), "a half-open connection's listener");
            }
            for &conn in &listener.queue {
                assert_eq!(table.get(conn).holder, Holder::Queue(id), "a queued connection's listener");
            }
        }
    }
}

impl Stack {
    /// LISTEN on a bound name, for `user`: up to `backlog` connections wait.
    pub fn listen(&mut self, user: u32, binding: BindingId, backlog: u32, choices: Choices) -> ListenerId {
        let name = self.bound_to(binding);
        let Listeners { slots, by_port } = &mut self.listeners;
        let slot = slots.insert(Listener {
            binding,
            name,
            user,
            backlog,
            choices,
            paused: false,
            half_open: Vec::new(),
            queue: VecDeque::new(),
        });
        let id = ListenerId(u32::try_from(slot).expect("fewer than 2^32 listeners in a stack"));
        let ids = by_port.entry(name.port).or_default();
        let bound = |binding| self.ports.at(name.port).position(|other| other == binding);
        let place = ids.partition_point(|other| bound(slots[other.0 as usize].binding) < bound(binding));
        ids.insert(place, id);
        id
    }

    /// A second `listen` on the same socket changes the backlog.
    pub fn set_backlog(&mut self, id: ListenerId, backlog: u32) {
        self.listeners.get_mut(id).backlog = backlog;
    }

    /// What connections that a listener takes from now on begin with.
    pub fn set_listener_choices(&mut self, id: ListenerId, choices: Choices) {
        self.listeners.get_mut(id).choices = choices;
    }

    /// While a listener pauses, every SYN is answered by a RST (WF-10.15). What it took before goes on.
    pub fn pause_listener(&mut self, id: ListenerId, paused: bool) {
        self.listeners.get_mut(id).paused = paused;
    }

    /// Connections that wait for accept.
    #[must_use]
    pub fn waiting(&self, id: ListenerId) -> usize {
        self.listeners.get(id).queue.len()
    }

    /// The other end of the oldest waiting connection.
    #[must_use]
    pub fn first_waiting(&self, id: ListenerId) -> Option<Endpoint> {
        self.listeners.get(id).queue.front().map(|&conn| self.ends(conn).1)
    }

    /// The oldest waiting connection is reset.
    pub fn reject(&mut self, now: Instant, id: ListenerId) {
        if let Some(conn) = self.listeners.get_mut(id).queue.pop_front() {
            self.abort(now, conn, Rule::ConditionRejected);
            self.detach(conn);
        }
    }

    /// Hands the oldest waiting connection to `user`.
    ///
    /// # Errors
    /// The cause, if the connection was reset while it waited and R15 makes accept say so; it is forgotten then.
    pub fn accept(&mut self, id: ListenerId, user: u32) -> Option<Result<ConnId, Cause>> {
        let conn = self.listeners.get_mut(id).queue.pop_front()?;
        self.table.get_mut(conn).holder = Holder::User(user);
        let reset = match self.state(conn).cause() {
            Some(cause @ (Cause::Reset | Cause::ResetAfterFin | Cause::HardError)) => Some(cause),
            Some(_) | None => None,
        };
        Some(match (reset, self.profile.reset_in_accept_queue) {
            (Some(cause), ResetInAcceptQueue::AcceptFails) => {
                self.detach(conn);
                Err(cause)
            }
            (Some(_) | None, ResetInAcceptQueue::AcceptFails | ResetInAcceptQueue::FirstRecvFails) => {
                Ok(conn)
            }
        })
    }

    /// R21: connections that wait for accept are reset, those that are half open forget their listener.
    pub fn close_listener(&mut self, now: Instant, id: ListenerId) {
        let listener = self.listeners.slots.remove(id.0 as usize);
        if let Some(ids) = self.listeners.by_port.get_mut(&listener.name.port) {
            ids.retain(|&other| other != id);
        }
        for conn in listener.half_open {
            self.table.get_mut(conn).holder = Holder::Nobody;
            self.on(now, conn, State::abandon);
        }
        for conn in listener.queue {
            self.table.get_mut(conn).holder = Holder::Nobody;
            self.abort(now, conn, Rule::ListenerClosed);
        }
    }

    /// Whether a listener would take a SYN.
    pub(super) fn takes(&self, id: ListenerId) -> bool {
        !self.listeners.get(id).paused && self.has_room(id)
    }

    /// Whether the backlog has a place for one more (R43).
    fn has_room(&self, id: ListenerId) -> bool {
        let listener = self.listeners.get(id);
        let half_open = match self.profile.backlog {
            Backlog::CountsHalfOpen => listener.half_open.len(),
            Backlog::CountsCompleted => 0,
        };
        listener.queue.len() + half_open < listener.backlog as usize
    }

    /// SEGMENT ARRIVES in LISTEN; perhaps of a name that a connection in TIME-WAIT gave up for it.
    pub(super) fn arrives_in_listen(
        &mut self,
        now: Instant,
        id: ListenerId,
        local: Endpoint,
        remote: Endpoint,
        segment: &Segment,
        reopened: Option<Reopened>,
    ) {
        if listen::verdict(segment) != listen::Verdict::Syn {
            return self.answer(now, local, remote, |cx| listen::arrives(segment, cx));
        }
        if local == remote {
            return self.answer(now, local, remote, listen::ignore_own_source);
        }
        if self.listeners.get(id).paused {
            return self.answer(now, local, remote, |cx| listen::paused(segment, cx));
        }
        if !self.has_room(id) {
            return self.answer(now, local, remote, |cx| listen::backlog_full(segment, cx));
        }
        let choices = self.listeners.get(id).choices;
        if !self.makes_room(now) {
            return self.answer(now, local, remote, |cx| cx.ignore(Rule::TableFull));
        }
        let (iss, ts_offset) = self.initial(local, remote, now);
        let settings = self.settings(local.ip, choices, ts_offset);
        let (iss, old) = reopened.map_or((iss, None), |r| (iss.max(r.above + 1), r.old));
        let tuple = self.tuple(local, remote);
        let open = |cx: &mut Cx<'_>| tcp::listen::open(iss, segment, settings, old, cx);
        let conn = self.begin(now, tuple, Holder::HalfOpen(id), open);
        self.listeners.get_mut(id).half_open.push(conn);
    }
}
