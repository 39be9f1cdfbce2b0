//! Random programs of two hosts, two processes on each and two threads in each of these, against a reference: handles,
//! references, linger and blocked calls as the specification has them, written apart from the library.
//!
//! A program has up to 40 steps; the link between the hosts delays, loses, reorders and duplicates. 4,000 programs;
//! `CLOSEWAIT_CASES=n` runs n times as many. They are the same in every run.

mod scale;

mod model {
    pub(crate) mod machine;
    pub(crate) mod network;
    pub(crate) mod program;
    pub(crate) mod reference;
    pub(crate) mod situations;
}

use model::machine::{Machine, set_wrong};
use model::program::{Programs, Step};
use model::reference::rules::Wrong;
use model::situations::{WANTED, taken};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

/// The longest program.
const CALLS: usize = 40;
/// The most steps of one that was made small.
const SMALL: usize = 6;
/// How many programs `cargo test` runs.
const CASES: u32 = 4000;

/// Runs so many programs; the one that fails, made small.
fn campaign(cases: u32) -> Result<(), (String, Vec<Step>)> {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let programs = Programs::sequential_strategy(1..=CALLS);
    let result = TestRunner::new_with_rng(config, rng).run(&programs, |(guide, steps, seen)| {
        Machine::test_sequential(Config::default(), guide, steps, seen);
        Ok(())
    });
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(why, (guide, steps, _))) => {
            let lines: Vec<String> = steps.iter().map(|step| format!("  {step:?}")).collect();
            Err((format!("{why}\n{:?}\n{}", guide.setup, lines.join("\n")), steps))
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Mutations: any descriptor's close acts on the connection; a pending receive, unread data, what is unacknowledged are not
/// looked at; calls of other processes are cancelled, or with another code; a deadline that is late, or none; WSACleanup
/// cancels a lingering close; an accepted socket is blocking; SO_DONTLINGER reinstates no timeout; one code for every RST.
#[test]
fn programs_do_what_the_reference_says() {
    let result = campaign(scale::cases(CASES));
    let seen = taken();
    for (what, n) in &seen {
        println!("{n:>8} {what}");
    }
    if let Err((why, _)) = result {
        panic!("{why}");
    }
    for what in WANTED {
        assert!(seen.contains_key(what), "no program came to this: {what}");
    }
}

/// Shrinking works: with one rule of the reference wrong, the program that shows it is small.
fn small_with(wrong: Wrong) {
    set_wrong(Some(wrong));
    let result = campaign(CASES);
    set_wrong(None);
    let Err((why, steps)) = result else { panic!("{wrong:?} goes unseen") };
    println!("{why}");
    assert!(steps.len() <= SMALL, "{} steps are not small: {why}", steps.len());
}

/// CS-B2. A socket, a second descriptor, the close of one, any call on the other.
///
/// Mutation, here and below: the reference is right.
#[test]
fn a_close_that_is_not_the_last_is_made_small() {
    small_with(Wrong::AnyDescriptorIsTheLast);
}

/// R13. A call that waits, and a close of its socket.
#[test]
fn a_cancelled_call_is_made_small() {
    small_with(Wrong::CancelledIsAborted);
}

/// CS-E6. A linger option, and a close.
#[test]
fn a_lingering_close_is_made_small() {
    small_with(Wrong::NobodyLingers);
}

/// CS-C3. A timeout, SO_DONTLINGER, and what getsockopt says.
#[test]
fn a_forgotten_timeout_is_made_small() {
    small_with(Wrong::DontLingerForgets);
}
