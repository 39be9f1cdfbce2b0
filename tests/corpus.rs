//! What the fuzzer asks of any bytes, asked of everything that it found worth keeping, of the shipped scenarios, and
//! of pieces of them.

#[expect(unreachable_pub, reason = "the fuzz target is another crate, to which it is public")]
#[path = "../sim/fuzz/src/script.rs"]
mod script;

use std::fs;
use std::path::Path;

fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).expect("a file")).collect()
}

/// Mutation: the place of a diagnostic is one past what it is about.
#[test]
fn the_corpus_is_judged_without_a_panic() {
    let corpus = files("sim/fuzz/corpus/script");
    assert!(corpus.len() > 100, "{} files", corpus.len());
    corpus.iter().for_each(|bytes| script::judge(bytes));
}

/// Each shipped scenario cut off after each byte: in the middle of words, lines, calls and connections.
#[test]
fn every_beginning_of_what_ships_is_judged_without_a_panic() {
    for bytes in files("sim/scenarios") {
        (0..=bytes.len()).for_each(|end| script::judge(&bytes[..end]));
    }
}

/// A fuzz target that looks at nothing would find nothing.
#[test]
#[should_panic = "is no part of the text"]
fn a_place_outside_of_the_text_is_found() {
    script::inside(closewait_sim::script::ast::Span { start: 1, end: 4 }, "aä");
}
