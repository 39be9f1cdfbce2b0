//! Connections in TIME-WAIT that no program holds: most of what a busy host has, and nothing ever happens to most of
//! them. They lie here in the order in which they end, small, found by their four-tuples; to one that something does
//! happen to [`Stack::wake`](super::Stack::wake) gives a place among the connections again.

use super::table::hash;
use crate::addr::{Endpoint, Interner, Tuple};
use crate::tcp::PutAway;
use crate::time::Instant;
use alloc::collections::VecDeque;
use hashbrown::HashTable;

/// Room that is kept when nothing is left.
const LEAST: usize = 32;

#[derive(Clone, Debug)]
struct Entry {
    /// Its local port is 0 once it was taken.
    tuple: Tuple,
    put_away: PutAway,
}

/// All of a stack.
#[derive(Clone, Debug, Default)]
pub(super) struct TimeWaits {
    /// The first to end is first, and was not taken.
    queue: VecDeque<Entry>,
    /// How many left the queue so far, modulo 2^32: the first one's number.
    first: u32,
    /// Their numbers.
    index: HashTable<u32>,
}

impl TimeWaits {
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether one that ends then may lie here: not before one that lies here already.
    pub(super) fn accepts(&self, until: Instant) -> bool {
        self.queue.back().is_none_or(|last| last.put_away.until <= until)
    }

    /// When the first ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.queue.front().map(|first| first.put_away.until)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Tuple, &PutAway)> {
        self.queue.iter().filter(|entry| entry.tuple.local_port != 0).map(|e| (e.tuple, &e.put_away))
    }

    pub(super) fn insert(&mut self, addrs: &Interner, tuple: Tuple, put_away: PutAway) {
        assert!(self.accepts(put_away.until), "they end in their order");
        if self.queue.len() == self.queue.capacity() {
            // By a part, not twice: there may be many.
            self.queue.reserve_exact((self.queue.len() / 16).max(LEAST));
        }
        let number = self.first.wrapping_add(u32::try_from(self.queue.len()).unwrap_or(u32::MAX));
        self.queue.push_back(Entry { tuple, put_away });
        let Self { queue, first, index } = self;
        index.insert_unique(tuple.hash(addrs), number, |&n| at(queue, *first, n).tuple.hash(addrs));
    }

    /// Takes the one of these ends, this host's first.
    pub(super) fn take(
        &mut self,
        addrs: &Interner,
        local: Endpoint,
        remote: Endpoint,
    ) -> Option<(Tuple, PutAway)> {
        let Self { queue, first, index } = self;
        let is = |&n: &u32| at(queue, *first, n).tuple.is(addrs, local, remote);
        let (number, _) = index.find_entry(hash(local, remote), is).ok()?.remove();
        let entry = &mut queue[number.wrapping_sub(*first) as usize];
        let tuple = entry.tuple;
        entry.tuple.local_port = 0;
        let put_away = entry.put_away.clone();
        self.drop_taken();
        Some((tuple, put_away))
    }

    /// Takes the one that ends first.
    pub(super) fn take_first(&mut self, addrs: &Interner) -> Option<(Tuple, PutAway)> {
        let (local, remote) = self.queue.front()?.tuple.ends(addrs);
        self.take(addrs, local, remote)
    }

    /// The one of these ends, this host's first.
    pub(super) fn get(&self, addrs: &Interner, local: Endpoint, remote: Endpoint) -> Option<&PutAway> {
        let entry = |n: u32| at(&self.queue, self.first, n);
        let found = self.index.find(hash(local, remote), |&n| entry(n).tuple.is(addrs, local, remote));
        found.map(|&n| &entry(n).put_away)
    }

    /// What was taken leaves once it is first.
    fn drop_taken(&mut self) {
        while self.queue.pop_front_if(|entry| entry.tuple.local_port == 0).is_some() {
            self.first = self.first.wrapping_add(1);
        }
        if self.queue.is_empty() && self.queue.capacity() > LEAST {
            *self = Self { first: self.first, ..Self::default() };
        }
    }

    pub(super) fn assert_invariants(&self, addrs: &Interner) {
        assert_eq!(self.iter().count(), self.index.len(), "each TIME-WAIT is found once");
        for (tuple, _) in self.iter() {
            let (local, remote) = tuple.ends(addrs);
            assert!(self.get(addrs, local, remote).is_some(), "a TIME-WAIT is found by its ends");
        }
        assert!(self.queue.iter().is_sorted_by_key(|e| e.put_away.until), "they end in their order");
    }
}

fn at(queue: &VecDeque<Entry>, first: u32, number: u32) -> &Entry {
    &queue[number.wrapping_sub(first) as usize]
}
