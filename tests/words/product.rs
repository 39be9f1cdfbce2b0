//! The product of the simulated host with the automaton, breadth first: every pair of a machine's form and a state of
//! the automaton that a word leads to, as long as few bytes are unacknowledged. A pair is reached by a shortest word, so
//! the first difference is a shortest counterexample.
//!
//! Forms are coarse, so a machine of a form that is known is not gone on from, but it is held to the automaton for one
//! input more, whichever that is.
//!
//! A search of a page and not a library's: the machine is a value already, its forms say what is one state, and pairs
//! are found in the order of inputs.

use super::model::Model;
use super::{DECIDED, UNDECIDED, WIN8, golden, of};
use closewait::profile::Profile;
use closewait_sim::Off;
use closewait_sim::words::{Form, Input, Machine, Output, Player};
use hashbrown::HashSet;
use rustc_hash::FxBuildHasher;
use std::collections::VecDeque;
use std::fmt::Write;

/// Bytes that may be unacknowledged in a pair that is gone on from.
const BOUND: usize = 5;
/// More pairs than this, and forms have no end.
const TOO_MANY: usize = 50_000;

/// What an exploration found.
#[derive(PartialEq, Eq, Debug)]
struct Explored {
    pairs: usize,
    /// Pairs with more bytes unacknowledged than the bound: not gone on from.
    beyond: usize,
    /// Inputs that were played and compared.
    edges: usize,
    /// States of the automaton that were reached.
    states: usize,
}

/// A shortest word whose last output is another.
#[derive(PartialEq, Eq, Debug)]
struct Difference {
    word: Vec<Input>,
    happened: Output,
    expected: Output,
}

struct Pair {
    machine: Machine,
    state: usize,
    /// Where it is in [`Search::reached`].
    at: usize,
    /// Whether what follows it is looked at.
    go_on: bool,
}

struct Search<'a> {
    model: &'a Model,
    known: HashSet<(Form, usize), FxBuildHasher>,
    /// How each pair was reached first: from which, by which input. The first is the start.
    reached: Vec<Option<(usize, Input)>>,
    edges: usize,
}

impl Search<'_> {
    fn word(&self, mut at: usize) -> Vec<Input> {
        let mut word = Vec::new();
        while let Some((from, input)) = self.reached[at] {
            word.push(input);
            at = from;
        }
        word.reverse();
        word
    }

    /// What every input leads to, if each brings what the automaton says.
    fn step(&mut self, pair: &Pair) -> Result<Vec<(Input, Machine, usize)>, Difference> {
        let mut next = Vec::new();
        for &input in &self.model.inputs {
            let mut machine = pair.machine.clone();
            let happened = machine.input(input, &mut Off);
            let (expected, state) = self.model.step(pair.state, input);
            self.edges += 1;
            if happened != expected {
                let word = [self.word(pair.at), vec![input]].concat();
                return Err(Difference { word, happened, expected });
            }
            next.push((input, machine, state));
        }
        Ok(next)
    }
}

fn unacknowledged(machine: &Machine) -> usize {
    machine.host().stack().connections().iter().map(|row| row.send_queue).sum()
}

fn explore(model: &Model, profile: &Profile) -> Result<Explored, Difference> {
    let machine = Player::new(profile, 1).machine();
    let known = [(machine.form(), 0)].into_iter().collect();
    let mut search = Search { model, known, reached: vec![None], edges: 0 };
    let mut frontier = VecDeque::from([Pair { machine, state: 0, at: 0, go_on: true }]);
    let (mut pairs, mut beyond, mut states) = (1, 0, vec![false; model.states()]);
    while let Some(pair) = frontier.pop_front() {
        states[pair.state] = true;
        let next = search.step(&pair)?;
        for (input, machine, state) in next.into_iter().filter(|_| pair.go_on) {
            let new = search.known.insert((machine.form(), state));
            search.reached.push(Some((pair.at, input)));
            if new {
                machine.host().assert_invariants();
                pairs += 1;
                assert!(pairs < TOO_MANY, "forms without end: {:?}", search.word(search.reached.len() - 1));
            }
            let far = unacknowledged(&machine) > BOUND;
            beyond += usize::from(new && far);
            frontier.push_back(Pair { machine, state, at: search.reached.len() - 1, go_on: new && !far });
        }
    }
    let states = states.into_iter().filter(|&reached| reached).count();
    Ok(Explored { pairs, beyond, edges: search.edges, states })
}

/// Mutation: a backlog of one lets two wait.
#[test]
fn the_product_has_no_difference() {
    let explored = explore(&Model::windows8(), WIN8);
    println!("{explored:?}");
    let Ok(Explored { pairs, beyond, edges, states: 38 }) = explored else {
        panic!("{explored:?}: every state is reached, without a difference")
    };
    let sentence =
        format!("{pairs} pairs, {beyond} of them with more than {BOUND} bytes, and {edges} inputs compared");
    let page = include_str!("../../docs/words.md");
    let said = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&sentence), "docs/words.md has another number than: {sentence}");
}

fn names(word: &[Input]) -> String {
    word.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The negative control: each ruling that the automaton decides, decided another way and alone, is found, by a shortest
/// word; those that it does not decide make no difference anywhere.
///
/// Mutation: depth first.
#[test]
fn the_product_finds_the_shortest_counterexamples() {
    let model = Model::windows8();
    let mut page = "# The shortest word that shows how a ruling is decided\n\n\
        Written by `tests/words/product.rs`, which explores the product of a host and the automaton of Windows 8, \
        breadth first; do not edit. The host does as `win8-cav2016`, but for the ruling named. The last input of the \
        word brings another output than it brought Windows 8.\n\n\
        | ruling | decided so | word | Windows 8 | instead |\n|---|---|---|---|---|\n"
        .to_owned();
    for ruling in DECIDED {
        for (variant, profile) in of(ruling) {
            let found = explore(&model, &profile).expect_err(variant.says);
            let Difference { word, happened, expected } = found;
            let _ = writeln!(
                page,
                "| {ruling} | {} | `{}` | `{expected}` | `{happened}` |",
                variant.says,
                names(&word)
            );
        }
    }
    golden::check("docs/generated/counterexamples.md", &page);
    for ruling in UNDECIDED {
        for (variant, profile) in of(ruling) {
            assert!(explore(&model, &profile).is_ok(), "{ruling}: {}", variant.says);
        }
    }
}
