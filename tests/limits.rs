//! Scenarios that ask for too much end, and say so.

use closewait_sim::script::{self, Failure, Options, Verdict};

/// The server never reads: once its buffer is full the client probes the closed window, for as long as it is told
/// that the window is closed.
const FOR_EVER: &str = "\
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = 4
+0     client: send(3, 100000) = 100000
";

fn failure(last: &str) -> Failure {
    let text = format!("{FOR_EVER}{last}\n");
    let report = script::run_within(&text, &Options::default(), 10_000).unwrap_or_else(|d| panic!("{d:?}"));
    let Verdict::Failed(failures) = report.verdict else { panic!("{:?}\n{text}", report.verdict) };
    let [failure] = &failures[..] else { panic!("{failures:?}") };
    assert_eq!(&text[failure.span.start..failure.span.end], last, "the place is the line that does not end");
    failure.clone()
}

/// Each of the ways in which a line lets time go on. A packet line looks at each packet once, or this would not end.
///
/// Mutation: there is no limit.
#[test]
fn a_run_without_an_end_is_ended() {
    for last in [
        "+0     net: at_rest",
        "18000000000 client: leaks == 1",
        "*      client > R.",
        "+0~18000000000 client > R.",
        "+0     server: recv(3, 1) = 0",
    ] {
        let failure = failure(last);
        if last.contains("recv") {
            assert!(failure.happened.contains("WSAENOTCONN"), "{failure:?}");
            continue;
        }
        assert_eq!(failure.expected, "an end within 10000 events", "{last}");
        assert!(failure.happened.starts_with("more at ") && !failure.bad_input, "{failure:?}");
    }
}

/// One machine that never gives up: a retransmission each minute.
///
/// Mutation: one machine has no limit.
#[test]
fn a_machine_without_an_end_is_ended() {
    let text = "\
--set=data_max_r2.retransmissions=none
--set=max_rto=1ms
 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     bind(3, ..., ...) = 0
+0     listen(3, 1) = 0
+0     < S 0:0(0) win 65535
+0     > S. 0:0(0) ack 1 <...>
+0     < . 1:1(0) ack 1
+0     accept(3, ..., ...) = 4
+0     write(4, ..., 1) = 1
+0     > P. 1:2(1) ack 1
+18000000000 close(4) = 0
";
    let report = script::run(text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}"));
    let Verdict::Failed(failures) = report.verdict else { panic!("{:?}", report.verdict) };
    assert_eq!(failures[0].expected, "an end within 1000000 events");
    assert_eq!(&text[failures[0].span.start..failures[0].span.end], "+18000000000 close(4) = 0");
}

/// Mutation: the limit is a thousand times lower.
#[test]
fn what_takes_long_and_ends_is_no_failure() {
    let text = format!("{FOR_EVER}1000000 client: leaks == 1\n");
    let report = script::run(&text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}"));
    assert_eq!(report.verdict, Verdict::Passed);
}

/// Mutation: the size of what a file sends is not looked at.
#[test]
fn two_gigabytes_are_refused_before_they_are_made() {
    let failure = failure("+0     client: send(3, 2000000000) = 2000000000");
    assert!(failure.bad_input, "{failure:?}");
    assert_eq!(failure.happened, "a file sends at most 268435456 bytes, from all its lines");
}
