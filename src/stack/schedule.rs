//! [`Schedule`]: which of many sources is due first.
//!
//! A heap with one live entry a source, corrected late: moving a deadline back costs nothing until its old time
//! comes. Deadlines of one instant are due in the order of their sources, whatever happened before.

use alloc::collections::BinaryHeap;
use alloc::collections::binary_heap::PeekMut;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// Deadlines `K` by source.
#[derive(Clone, Debug)]
pub struct Schedule<K> {
    heap: BinaryHeap<Reverse<(K, u32)>>,
    /// The heap's live entry for each source; it may be earlier than the source's deadline, never later.
    live: Vec<Option<K>>,
}

impl<K: Ord> Default for Schedule<K> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), live: Vec::new() }
    }
}

impl<K: Ord + Copy> Schedule<K> {
    /// The source's deadline is now `at`.
    pub fn arm(&mut self, source: u32, at: Option<K>) {
        let slot = source as usize;
        if slot >= self.live.len() {
            if at.is_none() {
                return;
            }
            self.live.resize(slot + 1, None);
        }
        if let Some(at) = at
            && self.live[slot].is_none_or(|live| at < live)
        {
            self.live[slot] = Some(at);
            self.heap.push(Reverse((at, source)));
        }
    }

    /// The earliest deadline and its source. `deadline` tells a source's deadline as it is.
    pub fn next(&mut self, deadline: impl Fn(u32) -> Option<K>) -> Option<(K, u32)> {
        while let Some(mut top) = self.heap.peek_mut() {
            let Reverse((at, source)) = *top;
            let live = &mut self.live[source as usize];
            if *live != Some(at) {
                PeekMut::pop(top);
                continue;
            }
            let real = deadline(source);
            if real == Some(at) {
                return Some((at, source));
            }
            *live = real;
            match real {
                Some(real) => *top = Reverse((real, source)),
                None => {
                    PeekMut::pop(top);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

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
}
