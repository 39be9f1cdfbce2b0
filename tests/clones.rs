//! A world is a value: a copy taken in mid-run has the same future as its original.

mod lossy;

use closewait::time::Duration;
use closewait_sim::tape::Tape;
use closewait_sim::trace::{Entry, What};
use closewait_sim::{Log, Sink, World};
use lossy::{End, Ending, Pair, Plan, build};
use std::cell::Cell;
use std::rc::Rc;

/// A log that tells how far it is.
#[derive(Default)]
struct Counted {
    log: Log,
    entries: Rc<Cell<usize>>,
    calls: Rc<Cell<usize>>,
}

impl Sink for Counted {
    fn record(&mut self, entry: Entry) {
        self.entries.set(self.entries.get() + 1);
        if matches!(entry.what, What::Call { .. }) {
            self.calls.set(self.calls.get() + 1);
        }
        self.log.record(entry);
    }
}

struct Copy {
    world: World,
    entries: usize,
    calls: usize,
}

/// Runs a plan to its end, and takes a copy before every `every`th event.
fn run(plan: &Plan, every: u64) -> (Log, Vec<Copy>) {
    let Pair { mut world, mut programs, .. } = build(plan);
    let mut counted = Counted::default();
    let (entries, calls) = (Rc::clone(&counted.entries), Rc::clone(&counted.calls));
    let mut copies = Vec::new();
    programs
        .run_while(&mut world, &mut counted, |world| {
            if world.steps() % every == 0 {
                copies.push(Copy { world: world.clone(), entries: entries.get(), calls: calls.get() });
            }
            true
        })
        .expect("time does not end");
    (counted.log, copies)
}

/// Mutation: a copy's hosts are cloned without their connections.
#[test]
fn every_copy_ends_with_the_trace_of_its_original() {
    let end = End {
        bytes: 150_000,
        ending: Ending::Recipe,
        read: 9_000,
        pause: Duration::from_millis(30),
        alone: false,
    };
    let after = End { bytes: 0, ending: Ending::AfterPeer, ..end };
    for (seed, server, client) in [
        (3, end, end),
        (8, after, End { ending: Ending::Linger(100), bytes: 400_000, alone: true, ..end }),
        (21, End { ending: Ending::AfterPeer, ..end }, end),
    ] {
        let plan = Plan { server, client, ..Plan::draw(seed, 10) };
        let (steps, _) = run(&plan, u64::MAX);
        let every = (steps.entries().iter().map(|e| e.step).max().unwrap_or(0) / 110).max(1);
        let (log, mut copies) = run(&plan, every);
        copies.truncate(100);
        assert_eq!(copies.len(), 100, "seed {seed}: 100 instants");
        let tape = Tape::of(&log);
        for Copy { mut world, entries, calls } in copies {
            let (at, step) = (world.now(), world.steps());
            let mut rest = Log::default();
            tape.play(calls, &mut world, &mut rest).expect("time does not end");
            assert!(
                rest.entries() == &log.entries()[entries..],
                "seed {seed}: the copy at {at}, after {step} events, went another way"
            );
        }
    }
}
