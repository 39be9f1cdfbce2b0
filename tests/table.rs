//! The linger table: its 18 rows against what the clauses imply, worked out by hand.

mod golden;

use closewait::profile::Profile;
use closewait::time::Duration;
use closewait_sim::table::{self, Parameters, Row};

/// A row as the clauses imply it: result, error, waited (ms), wire, TIME_WAIT, delivered, peer, still open, retry.
struct Implied {
    waited: u64,
    error: Option<&'static str>,
    wire: Option<&'static str>,
    time_wait: bool,
    delivered: Delivered,
    peer: &'static str,
}

enum Delivered {
    Exactly(usize),
    /// Of what was sent, at most so much.
    AtMost(usize),
}

use Delivered::{AtMost, Exactly};

const fn implied(
    waited: u64,
    wire: Option<&'static str>,
    time_wait: bool,
    delivered: Delivered,
    peer: &'static str,
) -> Implied {
    Implied { waited, error: None, wire, time_wait, delivered, peer }
}

/// The rows for `bytes` of data. `none` and `unsent`: what a blocking lingering close waits, in ms, without data
/// and with; `flight`: the first flight, in bytes; `linger`: the timeout, in ms.
fn expected(bytes: usize, none: u64, unsent: u64, flight: usize, linger: u64) -> Vec<Implied> {
    let (fin, rst, reset) = (Some("FIN"), Some("RST"), "WSAECONNRESET");
    let mut rows = Vec::new();
    for _mode in ["blocking", "nonblocking"] {
        rows.push(implied(0, fin, true, Exactly(0), "0"));
        rows.push(implied(0, fin, true, Exactly(bytes), "0"));
        rows.push(implied(0, None, false, Exactly(0), "silence"));
    }
    for _mode in ["blocking", "nonblocking"] {
        rows.push(implied(0, rst, false, Exactly(0), reset));
        rows.push(implied(0, rst, false, AtMost(flight), reset));
        rows.push(implied(0, rst, false, Exactly(0), "silence"));
    }
    rows.push(implied(none, fin, true, Exactly(0), "0"));
    rows.push(implied(unsent, fin, true, Exactly(bytes), "0"));
    rows.push(implied(linger, rst, false, Exactly(0), "silence"));
    rows.push(implied(0, fin, true, Exactly(0), "0"));
    let would_block = Some("WSAEWOULDBLOCK");
    rows.push(Implied { error: would_block, ..implied(0, None, true, Exactly(bytes + 1), "0") });
    rows.push(Implied { error: would_block, ..implied(0, None, false, Exactly(0), "silence") });
    rows
}

fn check(row: &Row, implied: &Implied, number: usize) {
    assert_eq!(row.error, implied.error, "row {number}: error");
    assert_eq!(row.result, if implied.error.is_some() { -1 } else { 0 }, "row {number}: result");
    assert_eq!(row.waited_ms, implied.waited.into(), "row {number}: waited");
    assert_eq!(row.wire, implied.wire, "row {number}: wire");
    assert_eq!(row.time_wait, implied.time_wait, "row {number}: TIME_WAIT");
    assert_eq!(row.peer, implied.peer, "row {number}: peer");
    match implied.delivered {
        Exactly(n) => assert_eq!(row.delivered, n, "row {number}: delivered"),
        AtMost(n) => assert!(row.delivered <= n, "row {number}: delivered {} of at most {n}", row.delivered),
    }
    assert_eq!(row.still_open, implied.error.map(|_| true), "row {number}: still open");
    if implied.error.is_some() && implied.peer == "0" {
        let retry = row.retry.as_ref().unwrap_or_else(|| panic!("row {number}: closed again"));
        assert_eq!(
            (retry.result, &retry.waited_ms, retry.wire, retry.time_wait),
            (0, &0.into(), Some("FIN"), true)
        );
    } else {
        assert_eq!(row.retry, None, "row {number}: nothing to close again");
    }
    let why = match (row.error, row.peer, row.l_onoff, row.l_linger, row.mode) {
        (Some(_), ..) => "CS-E10",
        (None, _, 0, ..) => "CS-D1",
        (None, _, _, 0, _) => "CS-D2",
        (None, "silence", ..) => "CS-E8",
        (None, _, _, _, "blocking") => "CS-E7",
        (None, ..) => "CS-E10",
    };
    assert!(row.why.contains(why), "row {number}: {} names {why}", row.why);
}

fn check_all(profile: &Profile, parameters: &Parameters, expected: &[Implied]) {
    let table = table::run(parameters, profile, |_| {});
    assert_eq!(table.rows.len(), 18);
    for (i, (row, implied)) in table.rows.iter().zip(expected).enumerate() {
        check(row, implied, i + 1);
    }
}

/// 262,144 bytes at MSS 1460 are 180 segments; a window of 65,535 takes 44 whole ones. Round trips of 20 ms.
///
/// DOCUMENTED begins with 3 segments (RFC 5681): 3 + 6 + 12 + 24 = 45, then 44, 44, 44 = 177, then the rest: the
/// eighth round trip acknowledges the last byte. WINDOWS begins with 10 (RFC 6928): 10 + 20 + 40 = 70, then 44,
/// 44, and the rest with the FIN: six round trips.
///
/// Mutation: in `closesocket.rs`, `LingerWake::DataAcknowledged` waits for `fin_acknowledged`.
#[test]
fn eighteen_rows_agree_with_the_clauses() {
    let parameters = Parameters::default();
    check_all(&Profile::DOCUMENTED, &parameters, &expected(262_144, 0, 160, 3 * 1460, 5_000));
    check_all(&Profile::WINDOWS, &parameters, &expected(262_144, 20, 120, 10 * 1460, 5_000));
}

/// 100,000 bytes are 69 segments, round trips of 50 ms. DOCUMENTED: 3 + 6 + 12 + 24 = 45, then 24: five.
/// WINDOWS: 10 + 20, then 39 with the FIN: three.
///
/// Mutation: in `run.rs` of the table, the link ignores `one_way`.
#[test]
fn waits_and_bytes_move_with_the_parameters() {
    let parameters = Parameters { one_way: Duration::from_millis(25), linger: 3, bytes: 100_000 };
    check_all(&Profile::DOCUMENTED, &parameters, &expected(100_000, 0, 250, 3 * 1460, 3_000));
    check_all(&Profile::WINDOWS, &parameters, &expected(100_000, 50, 150, 10 * 1460, 3_000));
}

/// Mutation: the text shows `delivered` in the place of `queued`.
#[test]
fn the_committed_tables_are_what_runs() {
    for profile in [&Profile::WINDOWS, &Profile::DOCUMENTED] {
        let table = table::run(&Parameters::default(), profile, |_| {});
        let json = serde_json::to_string_pretty(&table).expect("JSON") + "\n";
        golden::check(&format!("docs/generated/table-{}.json", profile.name), &json);
        golden::check(&format!("docs/generated/table-{}.txt", profile.name), &table.to_text());
    }
}

/// The README's picture is the table.
///
/// Mutation: the text shows `delivered` in the place of `queued`.
#[test]
fn the_readme_shows_the_table() {
    let table = table::run(&Parameters::default(), &Profile::WINDOWS, |_| {});
    assert!(include_str!("../README.md").contains(&table.to_text()), "README.md shows another table");
}
