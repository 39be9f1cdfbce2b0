//! The learned automaton, and the words that test a machine against it.

use closewait_sim::words::{Input, Output, Word};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const TABLE: &str = include_str!("../oracles/windows8-server.tsv");

/// A complete, deterministic automaton; state 0 is the start.
pub(crate) struct Model {
    pub(crate) inputs: Vec<Input>,
    /// By state, then in the order of `inputs`: the output and the next state.
    transitions: Vec<Vec<(Output, usize)>>,
}

impl Model {
    pub(crate) fn windows8() -> Self {
        let mut rows: BTreeMap<usize, BTreeMap<Input, (Output, usize)>> = BTreeMap::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let [state, input, output, next] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("four columns: {line}")
            };
            let (state, next) = (state.parse().unwrap(), next.parse().unwrap());
            let known = rows
                .entry(state)
                .or_default()
                .insert(input.parse().unwrap(), (output.parse().unwrap(), next));
            assert_eq!(known, None, "one line a transition: {line}");
        }
        let inputs: Vec<_> = rows[&0].keys().copied().collect();
        for (i, (state, row)) in rows.iter().enumerate() {
            assert_eq!(i, *state, "states are numbered without gaps");
            assert!(row.keys().eq(&inputs), "every state knows every input");
        }
        let transitions = rows.into_values().map(|row| row.into_values().collect()).collect();
        Self { inputs, transitions }
    }

    pub(crate) fn states(&self) -> usize {
        self.transitions.len()
    }

    pub(crate) fn step(&self, state: usize, input: Input) -> (Output, usize) {
        let i = self.inputs.binary_search(&input).expect("an input of the model");
        self.transitions[state][i]
    }

    fn outputs(&self, mut state: usize, inputs: &[Input]) -> Vec<Output> {
        let step = |&input| {
            let (output, next) = self.step(state, input);
            state = next;
            output
        };
        inputs.iter().map(step).collect()
    }

    /// The word of these inputs, with the model's outputs.
    pub(crate) fn word(&self, inputs: Vec<Input>) -> Word {
        let outputs = self.outputs(0, &inputs);
        Word { inputs, outputs }
    }

    /// A shortest way to each state.
    fn access(&self) -> Vec<Vec<Input>> {
        let mut ways: Vec<Option<Vec<Input>>> = vec![None; self.states()];
        ways[0] = Some(Vec::new());
        let mut queue = VecDeque::from([0]);
        while let Some(state) = queue.pop_front() {
            for &input in &self.inputs {
                let (_, next) = self.step(state, input);
                if ways[next].is_none() {
                    let way = ways[state].iter().flatten().copied().chain([input]);
                    ways[next] = Some(way.collect());
                    queue.push_back(next);
                }
            }
        }
        ways.into_iter().map(|way| way.expect("every state can be reached")).collect()
    }

    /// Every transition, at the end of a shortest way to it.
    pub(crate) fn transition_cover(&self) -> Vec<Vec<Input>> {
        let ways = self.access();
        let last = |way: &Vec<Input>| {
            let way = way.clone();
            self.inputs.iter().map(move |&input| [&way[..], &[input]].concat())
        };
        ways.iter().flat_map(last).collect::<Vec<_>>()
    }

    /// Words that together tell any two states apart.
    pub(crate) fn characterising_set(&self) -> BTreeSet<Vec<Input>> {
        let mut set = BTreeSet::new();
        for one in 0..self.states() {
            for other in 0..one {
                let apart = |word: &Vec<Input>| self.outputs(one, word) != self.outputs(other, word);
                if !set.iter().any(apart) {
                    set.insert(self.separating(one, other).expect("the model is minimal"));
                }
            }
        }
        set
    }

    /// A shortest word that tells two states apart.
    fn separating(&self, one: usize, other: usize) -> Option<Vec<Input>> {
        let mut seen = BTreeSet::from([(one, other)]);
        let mut queue = VecDeque::from([((one, other), Vec::new())]);
        while let Some(((a, b), word)) = queue.pop_front() {
            for &input in &self.inputs {
                let ((out_a, next_a), (out_b, next_b)) = (self.step(a, input), self.step(b, input));
                let word = [&word[..], &[input]].concat();
                if out_a != out_b {
                    return Some(word);
                }
                if seen.insert((next_a, next_b)) {
                    queue.push_back(((next_a, next_b), word));
                }
            }
        }
        None
    }
}
