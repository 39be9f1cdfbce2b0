//! How long it takes to read and run a thousand scenarios, each of which lives through a TIME_WAIT of 240 s.
//!
//! `cargo bench --bench scenarios` prints the best of three rounds. The aim is a thousand in less than a second.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a bench reads the clock")]

use closewait_sim::script::{self, Options, Verdict, parse};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What ships, with a TIME_WAIT of four minutes and a look at its end.
const GRACEFUL: &str = concat!(
    "--set=time_wait=240s\n",
    include_str!("../sim/scenarios/graceful.pkt"),
    "+0    client: time_wait == 1\n",
    "+240  client: time_wait == 0\n",
);
const COPIES: u32 = 1_000;

/// The best of three rounds of a thousand.
fn best(mut once: impl FnMut()) -> Duration {
    let round = |_| {
        let start = Instant::now();
        (0..COPIES).for_each(|_| once());
        start.elapsed()
    };
    [0, 1, 2].map(round).into_iter().min().unwrap_or_default()
}

fn main() {
    let parsed = best(|| drop(black_box(parse::parse(black_box(GRACEFUL)))));
    println!("parse: {COPIES} scenarios in {parsed:.1?}");
    let mut simulated = Duration::ZERO;
    let took = best(|| {
        let report = script::run(black_box(GRACEFUL), &Options::default()).expect("a scenario");
        assert_eq!(report.verdict, Verdict::Passed);
        let (world, _) = report.run.expect("a run");
        simulated = Duration::from_nanos(world.now().as_nanos()) * COPIES;
    });
    let ratio = simulated.as_nanos() / took.as_nanos().max(1);
    let virtual_time = simulated.as_secs();
    println!(
        "parse and run: {COPIES} scenarios in {took:.1?}; {virtual_time} s of virtual time, {ratio} a second"
    );
}
