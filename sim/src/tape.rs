//! Tapes: the calls of a run as data, to be made again at the same instants, in the original world's copy.
//!
//! Programs cannot be cloned with their world; their calls can be written down. A copy of a world that is driven
//! by the rest of the tape must end as its original did.

use crate::trace::{Log, Sink, What};
use crate::world::{EndOfTime, Thread, World};
use closewait::time::Instant;
use closewait::winsock::Call;

#[derive(Clone, Debug)]
struct Recorded {
    step: u64,
    at: Instant,
    thread: Thread,
    call: Call,
}

/// Every call of a run, with the instant and the event after which it was made.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    calls: Vec<Recorded>,
}

impl Tape {
    /// The calls of a log.
    #[must_use]
    pub fn of(log: &Log) -> Self {
        let calls = log.entries().iter().filter_map(|entry| match (&entry.what, entry.host) {
            (What::Call { thread, call }, Some(host)) => Some(Recorded {
                step: entry.step,
                at: entry.at,
                thread: Thread { host, id: *thread },
                call: call.clone(),
            }),
            (_, _) => None,
        });
        Self { calls: calls.collect() }
    }

    /// Makes the calls from the `skip`th on in a copy of the world, and runs it to its end.
    ///
    /// # Errors
    /// [`EndOfTime`].
    pub fn play(&self, skip: usize, world: &mut World, sink: &mut dyn Sink) -> Result<(), EndOfTime> {
        for Recorded { step, at, thread, call } in &self.calls[skip.min(self.calls.len())..] {
            while world.steps() < *step && world.step(sink)? {}
            if *at > world.now() {
                world.advance_to(*at);
            }
            let _ = world.call(*thread, call.clone(), sink);
        }
        world.run(None, sink)
    }
}
