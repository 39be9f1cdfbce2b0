//! Connections by slot and by four-tuple.

use super::listeners::ListenerId;
use crate::addr::Tuple;
use crate::tcp::{State, StateName};
use crate::time::Instant;
use core::hash::BuildHasher;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxBuildHasher;
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
    pub(super) state: State,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    slots: Slab<Conn>,
    /// Slots of the connections that segments are for.
    index: HashTable<u32>,
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
        self.slots.get(slot as usize)?.state.deadline().map(|d| d.at)
    }

    pub(super) fn find(&self, tuple: &Tuple) -> Option<ConnId> {
        let found = self.index.find(hash(tuple), |&slot| self.slots[slot as usize].tuple == *tuple);
        found.map(|&slot| ConnId(slot))
    }

    /// A vacant connection of that name, which must not be taken.
    pub(super) fn insert(&mut self, tuple: Tuple, holder: Holder) -> ConnId {
        let id = id(self.slots.insert(Conn { tuple, holder, state: State::vacant() }));
        let slots = &self.slots;
        let of = |slot: &u32| &slots[*slot as usize].tuple;
        match self.index.entry(hash(&tuple), |slot| *of(slot) == tuple, |slot| hash(of(slot))) {
            Entry::Vacant(entry) => {
                entry.insert(id.0);
            }
            Entry::Occupied(_) => unreachable!("callers look a four-tuple up before they take it"),
        }
        id
    }

    /// Segments are for it no longer.
    pub(super) fn unlink(&mut self, id: ConnId) {
        let tuple = self.get(id).tuple;
        if let Ok(entry) = self.index.find_entry(hash(&tuple), |&slot| slot == id.0) {
            entry.remove();
        }
    }

    pub(super) fn remove(&mut self, id: ConnId) {
        self.unlink(id);
        self.slots.remove(id.0 as usize);
    }

    pub(super) fn assert_invariants(&self) {
        for (id, conn) in self.iter() {
            conn.state.assert_invariants();
            let over = conn.state.name() == StateName::Closed;
            assert!(!(over && conn.holder == Holder::Nobody), "{id:?}: over, held by nobody, not forgotten");
            assert_eq!(self.find(&conn.tuple) == Some(id), !over, "{id:?}: found while it is not over");
        }
    }
}

fn id(slot: usize) -> ConnId {
    ConnId(u32::try_from(slot).expect("fewer than 2^32 connections in a stack"))
}

fn hash(tuple: &Tuple) -> u64 {
    FxBuildHasher.hash_one(tuple)
}
