//! Abstract-machine words: the automaton that was learned of Windows 8 as a server, the client's side worked out by
//! hand, and what becomes of both when a ruling is decided another way.
//!
//! Each test names a mutation under which it fails; `tests/mutations-words.txt` has them in a form that
//! `.ci/mutations` applies.

#![expect(clippy::unwrap_used, reason = "the tables are as much a test as the tests are")]

#[path = "words/client.rs"]
mod client;
mod golden;
#[path = "words/model.rs"]
mod model;
#[path = "words/product.rs"]
mod product;
mod scale;

use closewait::packet::Flags;
use closewait::profile::Profile;
use closewait_sim::Off;
use closewait_sim::rng::Stream;
use closewait_sim::words::{Input, Output, Player, VARIANTS, Variant, Word, explain, report, responsible};
use model::Model;
use std::collections::BTreeSet;
use std::fmt::Write;

const WIN8: &Profile = &Profile::WIN8_CAV2016;

/// Rulings that the automaton decides, by the words of [`tour`].
const DECIDED: [&str; 15] =
    ["R4", "R5", "R7", "R15", "R16", "R16b", "R16c", "R17", "R21", "R22", "R25", "R26", "R27", "R52", "R64"];
/// Rulings on segments that it does not: they speak of a client, of text on a SYN, of challenge ACKs or of numbers
/// that are not valid.
const UNDECIDED: [&str; 6] = ["R23", "R24", "R42", "R43", "R49", "R51"];

fn inputs(names: &str) -> Vec<Input> {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

fn outputs(names: &str) -> Vec<Output> {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

/// Every word passes; how many there were.
fn all_pass(words: impl IntoIterator<Item = Word>, seed: u64) -> usize {
    let player = Player::new(WIN8, seed);
    let mut count = 0;
    for word in words {
        assert_eq!(player.difference(&word), None, "\n{}", report(&word, WIN8, seed));
        count += 1;
    }
    count
}

/// Every transition, at the end of a shortest way to it, and then every word of a characterising set.
fn tour(model: &Model) -> Vec<Word> {
    let tails = model.characterising_set();
    let ways = model.transition_cover();
    let words = ways.iter().flat_map(|way| tails.iter().map(|tail| [&way[..], tail].concat()));
    words.map(|inputs| model.word(inputs)).collect()
}

/// The words that ship are these.
///
/// Mutation: the RST that answers a SYN has SEG.ACK for its number.
#[test]
fn every_transition_is_as_learned() {
    let model = Model::windows8();
    let words: Vec<_> = model.transition_cover().into_iter().map(|inputs| model.word(inputs)).collect();
    let mut file = String::new();
    for Word { inputs, outputs } in &words {
        let inputs: Vec<_> = inputs.iter().map(ToString::to_string).collect();
        let outputs: Vec<_> = outputs.iter().map(ToString::to_string).collect();
        let _ = writeln!(file, "{}", serde_json::json!({ "in": inputs, "out": outputs }));
    }
    assert_eq!(all_pass(words, 1), 494);
    golden::check("sim/words/windows8.jsonl", &file);
}

/// Mutation: accept fails for a connection that was reset.
#[test]
fn every_transition_leads_to_its_state() {
    let model = Model::windows8();
    assert_eq!(model.states(), 38);
    let words = tour(&model);
    let count = words.len();
    assert_eq!(all_pass(words, 2), count);
    assert!(count >= 2 * 494, "{count}");
}

/// Mutation: a blocked call outlives the close of another socket.
#[test]
fn random_words_are_as_learned() {
    let model = Model::windows8();
    let mut dice = Stream::new(1, "random words");
    let alphabet = u32::try_from(model.inputs.len()).unwrap();
    for seed in 0..u64::from(scale::cases(100)) {
        let words = (0..100)
            .map(|_| model.word((0..12).map(|_| model.inputs[dice.below(alphabet) as usize]).collect()));
        assert_eq!(all_pass(words.collect::<Vec<_>>(), seed), 100);
    }
}

fn of(ruling: &str) -> impl Iterator<Item = (&'static Variant, Profile)> {
    let variants = VARIANTS.iter().filter(move |v| v.ruling == ruling);
    variants.filter_map(|variant| Some((variant, variant.of(WIN8)?)))
}

/// The first word that fails, and where.
fn first_failure(words: &[Word], profile: &Profile) -> Option<(Word, usize)> {
    let player = Player::new(profile, 1);
    words.iter().find_map(|word| Some((word.clone(), player.difference(word)?.at)))
}

/// One ruling decided another way, and a word fails; the report names the ruling.
///
/// Mutation: a full backlog is silent whatever the profile says.
#[test]
fn each_ruling_alone_makes_words_fail() {
    let words = tour(&Model::windows8());
    for ruling in DECIDED {
        assert!(of(ruling).next().is_some(), "{ruling} can be decided another way");
        for (variant, profile) in of(ruling) {
            let (word, at) = first_failure(&words, &profile)
                .unwrap_or_else(|| panic!("{ruling} ({}) passes every word", variant.says));
            let named = explain(&word, at, &profile, 1).iter().any(|e| e.0.iter().all(|v| covers(v, ruling)));
            assert!(named, "{ruling} is named in:\n{}", report(&word, &profile, 1));
        }
    }
}

/// R52 is R16's field in states after SYN_RECEIVED.
fn covers(variant: &Variant, ruling: &str) -> bool {
    variant.ruling == ruling || (ruling == "R52" && variant.ruling == "R16")
}

/// The twin: what the automaton says nothing about.
///
/// Mutation: an empty backlog counts one where handshakes do not count.
#[test]
fn other_rulings_make_no_word_fail() {
    let words = tour(&Model::windows8());
    for ruling in UNDECIDED {
        for (variant, profile) in of(ruling) {
            if let Some((word, _)) = first_failure(&words, &profile) {
                panic!("{ruling} ({}) decides:\n{}", variant.says, report(&word, &profile, 1));
            }
        }
    }
    let known: BTreeSet<_> = VARIANTS.iter().map(|v| v.ruling).collect();
    assert_eq!(known, DECIDED.into_iter().chain(UNDECIDED).collect(), "each is one or the other");
}

/// Under RFC9293 words fail, and each difference of each has its rulings.
///
/// Mutation: what it takes of another profile is not tried.
#[test]
fn rfc9293_fails_by_rulings_that_are_named() {
    let mut named = BTreeSet::new();
    for word in tour(&Model::windows8()) {
        let rulings = responsible(&word, &Profile::RFC9293, 1);
        named.extend(rulings.unwrap_or_else(|| panic!("{}", report(&word, &Profile::RFC9293, 1))));
    }
    // What WIN8_CAV2016 has otherwise than RFC9293, of the rulings that the automaton decides.
    let expected = ["R5", "R7", "R15", "R16", "R16b", "R16c", "R17", "R21", "R22", "R25", "R64"];
    assert_eq!(named, BTreeSet::from(expected));
}

/// Where newer Windows is taken to differ: the rulings (a SYN+ACK that is as a SYN is R16's, too), the last of these
/// inputs, what it brings under WIN8_CAV2016 and under WINDOWS. `docs/words.md` has them, too.
const DEVIATIONS: [(&str, &str, &str, &str); 11] = [
    ("R16", "LISTEN SYN(V,V,0) SYN(V,V,0)", "ACK+RST(ZERO,NEXT,0)", "ACK(NEXT,CURRENT,0)"),
    ("R16", "LISTEN SYN(V,V,0) ACK(V,V,0) SYN(V,V,0)", "ACK+RST(ZERO,NEXT,0)", "ACK(NEXT,CURRENT,0)"),
    ("R16b R16", "LISTEN SYN(V,V,0) SYN+ACK(V,V,0)", "TIMEOUT", "ACK(NEXT,CURRENT,0)"),
    ("R16b R16", "LISTEN SYN(V,V,0) ACK(V,V,0) SYN+ACK(V,V,0)", "RST(NEXT,FRESH,0)", "ACK(NEXT,CURRENT,0)"),
    (
        "R16b",
        "LISTEN ACCEPT SYN(V,V,0) ACK(V,V,0) CLOSECONNECTION FIN+ACK(V,V,0) SYN+ACK(V,V,0)",
        "RST(NEXT,FRESH,0)",
        "ACK(NEXT,CURRENT,0)",
    ),
    ("R17", "LISTEN ACK(V,V,0)", "TIMEOUT", "RST(ZERO,ZERO,0)"),
    ("R17", "CLOSE SYN(V,V,0)", "TIMEOUT", "ACK+RST(ZERO,NEXT,0)"),
    (
        "R17",
        "LISTEN ACCEPT SYN(V,V,0) ACK(V,V,0) CLOSECONNECTION FIN+ACK(V,V,0) CLOSE SYN(V,V,0)",
        "TIMEOUT",
        "ACK+RST(ZERO,NEXT,0)",
    ),
    ("R21", "LISTEN SYN(V,V,0) CLOSE ACK(V,V,0)", "RST(NEXT,CURRENT,0)", "ACK+RST(NEXT,CURRENT,0)"),
    ("R22", "LISTEN SYN(V,V,0) ACK(V,V,0) RST(V,V,0) SYN(V,V,0)", "TIMEOUT", "ACK+RST(ZERO,NEXT,0)"),
    ("R25", "CONNECT SYN(V,V,0) CLOSE", "RST(NEXT,CURRENT,0)", "RST(NEXT,ZERO,0)"),
];

/// Each deviation both ways; decided as in WINDOWS it is gone, and with all of them nothing else is left.
///
/// Mutation: the ack field of a RST is filled whatever the profile says.
#[test]
fn deviations_of_windows_are_these() {
    for (ruling, names, win8, windows) in DEVIATIONS {
        let word = inputs(names);
        let last = |profile: &Profile| Player::new(profile, 1).outputs(&word).pop().unwrap();
        assert_eq!(last(WIN8).to_string(), win8, "{ruling}: {names}");
        assert_eq!(last(&Profile::WINDOWS).to_string(), windows, "{ruling}: {names}");
        let mixed = as_in_windows(ruling);
        assert_eq!(last(&mixed).to_string(), windows, "{ruling}, and no other, decides {names}");
    }
    let all: Vec<_> = DEVIATIONS.iter().map(|d| d.0).collect();
    // R65: in words no ACK waits, whatever the profile.
    let windows = Profile { name: WIN8.name, delayed_ack: WIN8.delayed_ack, ..Profile::WINDOWS };
    assert_eq!(as_in_windows(&all.join(" ")), windows, "these are all rulings in which they differ");
}

/// WIN8_CAV2016 with these rulings decided as in WINDOWS.
fn as_in_windows(rulings: &str) -> Profile {
    let theirs = VARIANTS.iter().filter(|v| v.of(&Profile::WINDOWS).is_none());
    theirs
        .filter(|v| rulings.split(' ').any(|ruling| ruling == v.ruling))
        .fold(WIN8.clone(), |profile, v| v.of(&profile).unwrap_or(profile))
}

/// Any inputs at all, under any profile, in good order and in none.
///
/// Mutation: a SEND that blocks is not given up.
#[test]
fn any_word_is_played() {
    let calls = inputs("LISTEN ACCEPT CONNECT RCV SEND CLOSE CLOSECONNECTION");
    let common = inputs("SYN(V,V,0) ACK(V,V,0) SYN+ACK(V,V,0) FIN+ACK(V,V,0) ACK+PSH(V,V,1) RST(V,V,0)");
    let mut dice = Stream::new(2, "any words");
    for _ in 0..scale::cases(300) {
        for profile in Profile::ALL {
            let mut machine = Player::new(profile, u64::from(dice.below(1000))).machine();
            for _ in 0..dice.below(100) {
                let input = match dice.below(5) {
                    0 | 1 => calls[dice.below(7) as usize],
                    2 | 3 => common[dice.below(6) as usize],
                    _ => {
                        let flags = Flags::from_bits_truncate(u8::try_from(1 + dice.below(255)).unwrap());
                        Input::Segment { flags, len: u16::try_from(dice.below(1461)).unwrap() }
                    }
                };
                let _ = machine.input(input, &mut Off);
                machine.host().assert_invariants();
            }
        }
    }
    let mut machine = Player::new(WIN8, 1).machine();
    for input in inputs("CONNECT SYN+ACK(V,V,0)") {
        let _ = machine.input(input, &mut Off);
    }
    for _ in 0..70_000 {
        let _ = machine.input(Input::Send, &mut Off);
    }
    assert_eq!(machine.input(Input::Close, &mut Off), Output::Timeout, "the window is full");
    assert_eq!(machine.input(inputs("RST(V,V,0)")[0], &mut Off), Output::Timeout);
    assert!(machine.host().leaks().is_empty(), "CLOSE was made, whatever waits to be sent");
}
