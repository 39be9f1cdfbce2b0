//! Words: what a TCP stack answers to sequences of calls and segments, told without numbers.
//!
//! Model learning looks at a stack from outside: it makes socket calls on the machine, sends it segments whose
//! numbers are always *valid*, and writes down what comes back. What is learned is an automaton over a small
//! alphabet; a path through it is a word. This module is the other direction: it plays a word against a simulated
//! host and compares what the host emits.
//!
//! ```text
//!   "SYN(V,V,0)" ──▶ Registers ──▶ segment ──▶ ┌─────────┐
//!   "ACCEPT"     ──────────────────▶ call  ──▶ │ Machine │ (one Host, no time passes)
//!                                              └────┬────┘
//!   "ACK+SYN(FRESH,NEXT,0)" ◀── Registers ◀── segment
//! ```
//!
//! | file | |
//! |---|---|
//! | `alphabet.rs` | inputs and outputs, and how they are spelt |
//! | `registers.rs` | the tester: which numbers are valid, and what an emitted number is called |
//! | `machine.rs` | the machine under test: a host, a main socket, a connection socket, a thread that blocks |
//! | `form.rs` | when two machines are taken for one, in an exploration |
//! | `rulings.rs` | a profile with one ruling changed, and which change explains a difference |
//! | `report.rs` | a word that failed, for people |
//! | `file.rs` | words as JSON Lines |
//!
//! Every word starts anew, from the same streams of the same seed: what a word does depends on the word, the
//! profile and the seed alone. `docs/words.md` says what such words can tell, and what they cannot.

mod alphabet;
mod file;
mod form;
mod machine;
mod registers;
mod report;
mod rulings;

pub use alphabet::{BadName, Class, Input, Output};
pub use file::{Line, lines};
pub use form::Form;
pub use machine::Machine;
pub use report::report;
pub use rulings::{Explanation, VARIANTS, Variant, explain, responsible};

use crate::trace::{Off, Sink};
use closewait::profile::Profile;

/// Inputs, and the output that each is expected to bring.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Word {
    /// What is done.
    pub inputs: Vec<Input>,
    /// What is expected, as many as there are inputs.
    pub outputs: Vec<Output>,
}

/// Where a word first went another way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Difference {
    /// At which input, counted from 0.
    pub at: usize,
    /// What the machine emitted there.
    pub happened: Output,
}

/// Plays words under one profile.
///
/// ```
/// use closewait::profile::Profile;
/// use closewait_sim::words::{Player, Word};
///
/// let player = Player::new(&Profile::WIN8_CAV2016, 1);
/// let word = Word {
///     inputs: ["LISTEN", "SYN(V,V,0)", "ACK(V,V,0)"].map(|name| name.parse().unwrap()).to_vec(),
///     outputs: ["TIMEOUT", "ACK+SYN(FRESH,NEXT,0)", "TIMEOUT"].map(|name| name.parse().unwrap()).to_vec(),
/// };
/// assert_eq!(player.difference(&word), None);
/// ```
#[derive(Clone, Debug)]
pub struct Player {
    /// The machine before any input; every word begins with a copy.
    start: Machine,
}

impl Player {
    /// Machines that do as the profile says. Everything random comes from `seed`.
    #[must_use]
    pub fn new(profile: &Profile, seed: u64) -> Self {
        Self { start: Machine::new(profile, seed) }
    }

    /// A machine before any input.
    #[must_use]
    pub fn machine(&self) -> Machine {
        self.start.clone()
    }

    /// What the machine emits, input by input.
    #[must_use]
    pub fn outputs(&self, inputs: &[Input]) -> Vec<Output> {
        let mut machine = self.machine();
        inputs.iter().map(|&input| machine.input(input, &mut Off)).collect()
    }

    /// The first difference from what is expected; none if the word passes.
    #[must_use]
    pub fn difference(&self, word: &Word) -> Option<Difference> {
        self.difference_with(word, &mut Off)
    }

    /// The same, with a log. An entry's `step` is the input that it belongs to, counted from 0.
    fn difference_with(&self, word: &Word, sink: &mut dyn Sink) -> Option<Difference> {
        let mut machine = self.machine();
        for (at, (&input, &expected)) in word.inputs.iter().zip(&word.outputs).enumerate() {
            let happened = machine.input(input, sink);
            if happened != expected {
                return Some(Difference { at, happened });
            }
        }
        None
    }
}
