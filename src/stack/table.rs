//! Connections by slot and by four-tuple.

use super::listeners::ListenerId;
use crate::addr::{Bits, Endpoint, Interner, SPREAD, Tuple};
use crate::tcp::{State, StateName};
use crate::time::Instant;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use slab::Slab;

/// A connection of a stack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnId(pub(super) u32);

/// Who keeps a connection, so that it is not forgotten when it is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holder {
    /// It ends by itself.
    Nobody,
    /// A user above the stack.
    User(u32),
    /// A listener, handshake under way.
    HalfOpen(ListenerId),
    /// A listener's accept queue.
    Queue(ListenerId),
}

#[derive(Clone, Debug)]
pub(super) struct Conn {
    pub(super) tuple: Tuple,
    pub(super) holder: Holder,
    /// Its deadline may have moved since the schedule was told.
    pub(super) unsettled: bool,
    pub(super) state: State,
}

impl Conn {
    /// Of that name, without a state yet.
    pub(super) fn vacant(tuple: Tuple, holder: Holder) -> Self {
        Self { tuple, holder, unsettled: false, state: State::vacant() }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) slots: Slab<Conn>,
    /// Slots of the connections that segments are for.
    pub(super) index: HashTable<u32>,
    /// The one that was found last, and its ends, this host's first.
    pub(super) last: Option<(ConnId, [Endpoint; 2])>,
}

/// Room for one more, and for a part of what there is: twice as much would be a third of a host's memory.
pub(crate) fn make_room<T>(slots: &mut Slab<T>) {
    if slots.len() == slots.capacity() {
        slots.reserve_exact((slots.len() / 16).max(16));
    }
}

impl Table {
    pub(super) fn get(&self, id: ConnId) -> &Conn {
        &self.slots[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: ConnId) -> &mut Conn {
        &mut self.slots[id.0 as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnId, &Conn)> {
        self.slots.iter().map(|(slot, conn)| (id(slot), conn))
    }

    /// Connections that are not over.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// The TIME-WAIT that ends first; the lower slot, if two end at once.
    pub(super) fn oldest_time_wait(&self) -> Option<ConnId> {
        let waiting = self.iter().filter(|(_, conn)| conn.state.name() == StateName::TimeWait);
        waiting.min_by_key(|(_, conn)| conn.state.deadline().map(|d| d.at)).map(|(id, _)| id)
    }

    pub(super) fn deadline(&self, slot: u32) -> Option<Instant> {
        self.slots.get(slot as usize)?.state.due()
    }

    /// Takes the mark away; false if the connection is gone, or was not marked.
    pub(super) fn settle(&mut self, id: ConnId) -> bool {
        let conn = self.slots.get_mut(id.0 as usize);
        conn.is_some_and(|conn| core::mem::take(&mut conn.unsettled))
    }

    /// The connection of these ends, this host's first.
    pub(super) fn find(&self, addrs: &Interner, local: Endpoint, remote: Endpoint) -> Option<ConnId> {
        let is = |&slot: &u32| self.slots[slot as usize].tuple.is(addrs, local, remote);
        self.index.find(hash(local, remote), is).map(|&slot| ConnId(slot))
    }

    /// The connection of these ends, if it was the last that [`Table::find_and_keep`] found.
    pub(super) fn find_last(&self, local: &Endpoint, remote: &Endpoint) -> Option<ConnId> {
        let (id, [l, r]) = self.last.as_ref()?;
        (l.port == local.port && r.port == remote.port && r.ip == remote.ip && l.ip == local.ip)
            .then_some(*id)
    }

    /// As [`Table::find`], for one that will be looked for again.
    pub(super) fn find_and_keep(
        &mut self,
        addrs: &Interner,
        local: Endpoint,
        remote: Endpoint,
    ) -> Option<ConnId> {
        let id = self.find(addrs, local, remote)?;
        self.last = Some((id, [local, remote]));
        Some(id)
    }

    /// A connection of that name, which must not be taken.
    pub(super) fn insert(&mut self, addrs: &Interner, tuple: Tuple, holder: Holder) -> ConnId {
        make_room(&mut self.slots);
        let id = id(self.slots.insert(Conn::vacant(tuple, holder)));
        let slots = &self.slots;
        let of = |slot: &u32| slots[*slot as usize].tuple.hash(addrs);
        match self.index.entry(
            tuple.hash(addrs),
            |slot| slots[*slot as usize].tuple == tuple && *slot != id.0,
            of,
        ) {
            Entry::Vacant(entry) => {
                entry.insert(id.0);
            }
            Entry::Occupied(_) => unreachable!("callers look a four-tuple up before they take it"),
        }
        id
    }

    /// Segments are for it no longer.
    pub(super) fn unlink(&mut self, addrs: &Interner, id: ConnId) {
        self.last = self.last.filter(|(last, _)| *last != id);
        let hash = self.get(id).tuple.hash(addrs);
        if let Ok(entry) = self.index.find_entry(hash, |&slot| slot == id.0) {
            entry.remove();
        }
    }

    pub(super) fn remove(&mut self, addrs: &Interner, id: ConnId) {
        self.unlink(addrs, id);
        self.slots.remove(id.0 as usize);
    }

    pub(super) fn assert_invariants(&self, addrs: &Interner) {
        for (id, conn) in self.iter() {
            conn.state.assert_invariants();
            let over = conn.state.name() == StateName::Closed;
            assert!(!(over && conn.holder == Holder::Nobody), "{id:?}: over, held by nobody, not forgotten");
            let (local, remote) = conn.tuple.ends(addrs);
            assert_eq!(
                self.find(addrs, local, remote) == Some(id),
                !over,
                "{id:?}: found while it is not over"
            );
        }
    }
}

fn id(slot: usize) -> ConnId {
    ConnId(u32::try_from(slot).expect("fewer than 2^32 connections in a stack"))
}

impl Tuple {
    pub(super) fn hash(&self, addrs: &Interner) -> u64 {
        let (local, remote) = self.ends(addrs);
        hash(local, remote)
    }

    /// Whether it is of these ends, this host's first.
    pub(super) fn is(&self, addrs: &Interner, local: Endpoint, remote: Endpoint) -> bool {
        (self.local_port, self.remote_port) == (local.port, remote.port)
            && addrs.addr(self.remote) == remote.ip
            && addrs.addr(self.local) == local.ip
    }
}

/// Spreads the ends of a connection over 64 bits. Ports differ most: theirs are the low bits, which choose the bucket.
pub(super) fn hash(local: Endpoint, remote: Endpoint) -> u64 {
    let ports = u64::from(local.port) << 16 | u64::from(remote.port);
    let addresses = local.ip.bits().rotate_left(5) ^ remote.ip.bits();
    (addresses.wrapping_mul(SPREAD).rotate_left(26) ^ ports).wrapping_mul(SPREAD).rotate_left(26)
}
