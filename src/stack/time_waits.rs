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

impl Entry {
    fn is_taken(&self) -> bool {
        self.tuple.local_port == 0
    }
}

/// All of a stack.
#[derive(Clone, Debug, Default)]
pub(super) struct TimeWaits {
    /// The first to end is first. Neither it nor the last was taken.
    queue: VecDeque<Entry>,
    /// The first one's number. The others' follow, modulo 2^32.
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
        self.queue.iter().filter(|entry| !entry.is_taken()).map(|e| (e.tuple, &e.put_away))
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
        self.drop_taken(addrs);
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

    /// What was taken leaves once it is first or last, or once most were: a peer that sends its FIN over and over has
    /// one taken out of the middle each time.
    fn drop_taken(&mut self, addrs: &Interner) {
        while self.queue.pop_front_if(|entry| entry.is_taken()).is_some() {
            self.first = self.first.wrapping_add(1);
        }
        while self.queue.pop_back_if(|entry| entry.is_taken()).is_some() {}
        if self.queue.is_empty() && self.queue.capacity() > LEAST {
            *self = Self { first: self.first, ..Self::default() };
        } else if self.queue.len() > 2 * self.len() + LEAST {
            self.queue.retain(|entry| !entry.is_taken());
            self.index.clear();
            let Self { queue, first, index } = self;
            for (place, Entry { tuple, .. }) in (0..).zip(&*queue) {
                let number = first.wrapping_add(place);
                index.insert_unique(tuple.hash(addrs), number, |&n| at(queue, *first, n).tuple.hash(addrs));
            }
        }
    }

    pub(super) fn assert_invariants(&self, addrs: &Interner) {
        assert_eq!(self.iter().count(), self.index.len(), "each TIME-WAIT is found once");
        for (tuple, _) in self.iter() {
            let (local, remote) = tuple.ends(addrs);
            assert!(self.get(addrs, local, remote).is_some(), "a TIME-WAIT is found by its ends");
        }
        assert!(self.queue.iter().is_sorted_by_key(|e| e.put_away.until), "they end in their order");
        let taken = |entry: Option<&Entry>| entry.is_some_and(Entry::is_taken);
        assert!(
            !taken(self.queue.front()) && !taken(self.queue.back()),
            "what was taken is neither first nor last"
        );
    }
}

fn at(queue: &VecDeque<Entry>, first: u32, number: u32) -> &Entry {
    &queue[number.wrapping_sub(first) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buf::Rope;
    use crate::seq::Seq;
    use crate::tcp::{State, TimeWait};
    use alloc::vec::Vec;

    /// When it ends, its remote port, and its SND.NXT, which tells whose it is.
    type Told = (u64, u16, u32);

    fn put_away((until, _, snd_nxt): Told) -> PutAway {
        PutAway::new(TimeWait {
            snd_nxt: Seq(snd_nxt),
            rcv_nxt: Seq(0),
            wnd: 0,
            shift: 0,
            echo: None,
            until: Instant::from_nanos(until),
            inbox: Rope::EMPTY,
            throttle: Default::default(),
        })
    }

    fn told(tuple: Tuple, put_away: &PutAway) -> Told {
        let State::TimeWait(t) = put_away.clone().wake() else {
            unreachable!("it was put away in TIME-WAIT")
        };
        (t.until.as_nanos(), tuple.remote_port, t.snd_nxt.0)
    }

    /// Against a list, across the end of the numbers: what comes and goes at random places, and two that are taken out of
    /// the middle and put back at the end over and over.
    /// Mutations: what was taken stays last; it stays in the middle; its number is its place.
    #[test]
    fn as_a_list_would() {
        let mut addrs = Interner::default();
        let ip = "10.0.0.1".parse().expect("an address");
        let tuple = |addrs: &mut Interner, port| {
            let ip = addrs.intern(ip);
            Tuple { local: ip, remote: ip, local_port: 80, remote_port: port }
        };
        let end = |port| Endpoint::new(ip, port);
        let mut waits = TimeWaits { first: u32::MAX - 100, ..TimeWaits::default() };
        let mut model: Vec<Told> = Vec::new();
        let (mut dice, mut until) = (1_u64, 0);
        for n in 0..30_000 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let few = n % 3_000 > 1_500;
            let port = u16::try_from((dice >> 33) % if few { 2 } else { 300 }).expect("a port");
            until += (dice >> 60) / 6;
            let place = model.iter().position(|&(_, p, _)| p == port);
            let expected = place.map(|i| model.remove(i));
            assert_eq!(
                waits.get(&addrs, end(80), end(port)).map(|p| told(tuple(&mut addrs, port), p)),
                expected
            );
            let taken = waits.take(&addrs, end(80), end(port)).map(|(tuple, p)| told(tuple, &p));
            assert_eq!(taken, expected);
            assert!(waits.queue.len() <= 2 * model.len() + LEAST, "{n}: what was taken goes");
            if !few && dice >> 62 == 0 {
                let first = (!model.is_empty()).then(|| model.remove(0));
                assert_eq!(waits.take_first(&addrs).map(|(tuple, p)| told(tuple, &p)), first);
            }
            if place.is_none() || few || dice >> 62 != 1 {
                model.push((until, port, n));
                let tuple = tuple(&mut addrs, port);
                waits.insert(&addrs, tuple, put_away((until, port, n)));
            }
            assert_eq!(waits.len(), model.len());
            assert_eq!(waits.next_end(), model.first().map(|&(until, ..)| Instant::from_nanos(until)));
            if n % 50 == 0 {
                waits.assert_invariants(&addrs);
                assert_eq!(waits.iter().map(|(tuple, p)| told(tuple, p)).collect::<Vec<_>>(), model);
            }
        }
    }
}
