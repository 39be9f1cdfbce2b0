//! Many at the same time, told in their order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Does `work` for each item on up to `jobs` threads, and hands each result to `told` in the items' order, as soon as
/// those before it are told. When `told` says false, nothing more is begun.
pub(super) fn each<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
    mut told: impl FnMut(usize, R) -> bool,
) {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(items.len()) {
            let (send, next, work) = (send.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(i) else { break };
                    if send.send((i, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (i, result) in receive {
            early.insert(i, result);
            while let Some(result) = early.remove(&due) {
                if !told(due, result) {
                    return;
                }
                due += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::each;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn order(items: usize, jobs: usize, most: usize) -> Vec<(usize, usize)> {
        let items: Vec<usize> = (0..items).collect();
        let mut seen = Vec::new();
        each(
            &items,
            jobs,
            |i| i * i,
            |i, square| {
                seen.push((i, square));
                seen.len() < most
            },
        );
        seen
    }

    #[test]
    fn results_come_in_the_order_of_the_items_whatever_the_threads() {
        let squares: Vec<_> = (0..500).map(|i| (i, i * i)).collect();
        for jobs in [1, 2, 8, 600] {
            assert_eq!(order(500, jobs, usize::MAX), squares, "{jobs} threads");
        }
        assert!(order(0, 4, usize::MAX).is_empty());
    }

    /// The first item is done when the third is begun: the second's result is there before the first's.
    ///
    /// Mutation: results are told as they come.
    #[test]
    fn a_result_that_comes_early_waits() {
        let begun = AtomicBool::new(false);
        let work = |&i: &usize| {
            begun.fetch_or(i == 2, Ordering::Release);
            while i == 0 && !begun.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            i * 10
        };
        let mut seen = Vec::new();
        each(&[0, 1, 2], 2, work, |i, result| {
            seen.push((i, result));
            true
        });
        assert_eq!(seen, [(0, 0), (1, 10), (2, 20)]);
    }

    #[test]
    fn whoever_is_told_may_end_it() {
        assert_eq!(order(10_000, 2, 3), [(0, 0), (1, 1), (2, 4)]);
    }
}
