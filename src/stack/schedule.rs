//! [`Schedule`]: which of many sources is due first.
//!
//! A heap with one live entry a source, corrected late: moving a deadline back costs nothing until its old time
//! comes. Deadlines of one instant are due in the order of their sources, whatever happened before.

use crate::time::Instant;
use alloc::collections::binary_heap::PeekMut;
use alloc::collections::{BTreeSet, BinaryHeap};
use alloc::vec::Vec;
use core::cmp::Reverse;

/// Deadlines by source.
#[derive(Clone, Debug)]
pub struct Schedule {
    heap: BinaryHeap<Reverse<(Instant, u32)>>,
    /// The heap's live entry for each source, the end of time for none; it may be earlier than the source's deadline,
    /// never later.
    live: Vec<Instant>,
    /// With so many entries many may stand for nothing.
    untidy_from: usize,
}

/// So few are never too many.
const ENTRIES: usize = 64;

impl Default for Schedule {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), live: Vec::new(), untidy_from: ENTRIES }
    }
}

impl Schedule {
    /// The source's deadline is now `at`.
    pub fn arm(&mut self, source: u32, at: Option<Instant>) {
        let Some(at) = at else { return };
        let slot = source as usize;
        if slot >= self.live.len() {
            // As slabs grow.
            let more = slot + 1 - self.live.len();
            if self.live.len() + more > self.live.capacity() {
                self.live.reserve_exact(more.max(self.live.len() / 16));
            }
            self.live.resize(slot + 1, Instant::END);
        }
        if at < self.live[slot] || at == Instant::END {
            self.live[slot] = at;
            self.heap.push(Reverse((at, source)));
        }
    }

    /// The earliest deadline and its source. `deadline` tells a source's deadline as it is.
    pub fn next(&mut self, deadline: impl Fn(u32) -> Option<Instant>) -> Option<(Instant, u32)> {
        if self.heap.len() >= self.untidy_from {
            self.tidy(&deadline);
        }
        while let Some(mut top) = self.heap.peek_mut() {
            let Reverse((at, source)) = *top;
            let live = &mut self.live[source as usize];
            if *live != at {
                PeekMut::pop(top);
                continue;
            }
            let real = deadline(source);
            if real == Some(at) {
                return Some((at, source));
            }
            *live = real.unwrap_or(Instant::END);
            match real {
                Some(real) => *top = Reverse((real, source)),
                None => {
                    PeekMut::pop(top);
                }
            }
        }
        None
    }

    /// Entries that stand for nothing any more go: those of sources without a deadline, those that were replaced, and of
    /// those at the end of time, which `live` does not tell from none, all but one a source.
    fn tidy(&mut self, deadline: impl Fn(u32) -> Option<Instant>) {
        let live = &mut self.live;
        let mut at_end = BTreeSet::new();
        self.heap.retain(|&Reverse((at, source))| {
            let stands = live[source as usize] == at;
            if stands && deadline(source).is_none() {
                live[source as usize] = Instant::END;
                return false;
            }
            stands && (at != Instant::END || at_end.insert(source))
        });
        self.untidy_from = 2 * self.heap.len() + ENTRIES;
        self.heap.shrink_to(self.untidy_from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(n: u64) -> Option<Instant> {
        Some(Instant::from_nanos(n))
    }

    #[test]
    fn the_earliest_is_next_and_ties_go_by_source() {
        let mut deadlines = [at(5), at(3), at(3), None];
        let mut s = Schedule::default();
        for i in [2, 0, 3, 1] {
            s.arm(i, deadlines[i as usize]);
        }
        let real = |d: &[Option<Instant>; 4], i: u32| d[i as usize];
        assert_eq!(s.next(|i| real(&deadlines, i)), Some((Instant::from_nanos(3), 1)));
        deadlines[1] = at(9);
        s.arm(1, at(9));
        assert_eq!(s.next(|i| real(&deadlines, i)), Some((Instant::from_nanos(3), 2)));
        deadlines[2] = None;
        s.arm(2, None);
        deadlines[0] = at(2);
        s.arm(0, at(2));
        assert_eq!(s.next(|i| real(&deadlines, i)), Some((Instant::from_nanos(2), 0)));
        deadlines[0] = None;
        assert_eq!(s.next(|i| real(&deadlines, i)), Some((Instant::from_nanos(9), 1)));
        deadlines[1] = None;
        assert_eq!(s.next(|i| real(&deadlines, i)), None);
    }

    /// However often a source says that it is due at the end of time, and then sooner after all.
    /// Mutation: each time counts.
    #[test]
    fn the_end_of_time_is_kept_once() {
        let mut s = Schedule::default();
        for _ in 0..10_000 {
            s.arm(0, Some(Instant::END));
            s.arm(1, Some(Instant::END));
            assert_eq!(s.next(|_| Some(Instant::END)), Some((Instant::END, 0)));
            assert!(s.heap.len() <= 2 * ENTRIES);
        }
        let deadline = |i: u32| if i == 0 { None } else { at(7) };
        s.arm(1, at(7));
        assert_eq!(s.next(deadline), Some((Instant::from_nanos(7), 1)));
        assert_eq!(s.next(|_| None), None);
    }
}
