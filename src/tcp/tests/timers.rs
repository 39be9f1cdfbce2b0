//! The retransmission and persist timers: RFC 6298, RFC 9293 3.8.1, 3.8.3, 3.8.6.1.

use super::*;

/// RFC 6298 2.2, 2.3 by hand (WINDOWS, whose least timeout is 300 ms). The handshake took 100 ms: SRTT 100, RTTVAR
/// 50, RTO 300. Then 400 ms: RTTVAR 37.5 + 75, SRTT 87.5 + 50, RTO 137.5 + 4 * 112.5 = 587.5.
/// Mutation: RTTVAR counts twice, not four times.
#[test]
fn the_timeout_follows_the_measured_round_trips() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.clone().run(
        "send 10
         > P. 1:11 ack 1 win 10000 | send
         wait 300ms
         timer | retransmission
         > P. 1:11 ack 1 win 10000 | retransmission",
    );
    // Two segments: the first is acknowledged in time, which restarts the timer (5.3).
    t.quietly("send 1000");
    t.run(
        "+299ms
         < P. 1:4 ack 1
         ! Readable | text
         > . 1001:1001 ack 4 win 9997 | text
         wait 1ms
         timer | retransmission
         > P. 1:1001 ack 4 win 9997 | retransmission",
    );
    let profile =
        Profile { min_rto: Duration::ZERO, initial_rto: Duration::from_secs(2), ..Profile::WINDOWS };
    let mut t = Tcp::established(&profile);
    t.quietly("nodelay");
    t.quietly("send 10");
    t.quietly("+200ms");
    t.quietly("send 10");
    t.quietly("+50ms");
    // 250 ms: RTTVAR 37.5 + 37.5, SRTT 87.5 + 31.25, RTO 118.75 + 300; from the ACK on.
    t.run(
        "< . 1:1 ack 11
         ! Acknowledged | ack
         wait 418750000ns
         timer | retransmission
         > P. 11:21 ack 1 win 10000 | retransmission",
    );
}

/// The second measurement of the test above, alone.
/// Mutation: SRTT moves by a quarter, not an eighth.
#[test]
fn a_second_measurement_by_hand() {
    let profile = Profile { initial_rto: Duration::from_secs(2), ..Profile::WINDOWS };
    let profile = Profile { min_rto: Duration::from_millis(500), ..profile };
    let mut t = Tcp::established(&profile);
    t.quietly("send 10");
    t.quietly("+400ms");
    t.quietly("< . 1:1 ack 11");
    t.run(
        "= idle
         send 10
         > P. 11:21 ack 1 win 10000 | send
         wait 587500000ns
         timer | retransmission
         > P. 11:21 ack 1 win 10000 | retransmission",
    );
}

/// TR-72, RFC 6298 section 3 (Karn): what was sent twice is not measured, and the timeout stays backed off until
/// something else is.
/// Mutation: the ACK of a retransmission is measured.
#[test]
fn a_retransmission_is_not_measured() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.quietly("send 10");
    t.quietly("wait 300ms");
    t.quietly("+50ms");
    t.quietly("< . 1:1 ack 11");
    t.run(
        "= idle
         send 10
         > P. 11:21 ack 1 win 10000 | send
         wait 600ms
         timer | retransmission
         > P. 11:21 ack 1 win 10000 | retransmission",
    );
}

/// Karn again: what is sent again because a closed window opened was sent twice, too.
/// Mutation: the measurement that was under way goes on.
#[test]
fn what_is_sent_again_into_an_opened_window_is_not_measured() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.quietly("send 10");
    t.quietly("< . 1:1 ack 1 win 0");
    t.quietly("+200ms");
    t.run("< . 1:1 ack 1 win 10000\n> P. 1:11 ack 1 win 10000 | recovery");
    t.quietly("+50ms");
    t.quietly("< . 1:1 ack 11");
    // Measured, it would be 250 ms: RTO 418.75 ms.
    t.run(
        "send 10
         > P. 11:21 ack 1 win 10000 | send
         wait 300ms
         timer | retransmission
         > P. 11:21 ack 1 win 10000 | retransmission",
    );
}

/// MUST-20, SHLD-9, SHLD-10, R70: the user hears of the third retransmission.
pub(super) fn heard(third: bool) -> &'static str {
    if third { "\n! Unresponsive | max-r1" } else { "" }
}

/// TR-77, TR-81, RFC 6298 5.4 to 5.6: 1, 2, 4 … s apart, given up 100 s after the first sending.
/// Mutation: the timeout does not back off.
#[test]
fn retransmission_gives_up_by_time() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.quietly("send 10");
    for seconds in [1, 2, 4, 8, 16, 32] {
        let heard = heard(seconds == 4);
        t.run(&format!(
            "wait {seconds}s\ntimer | retransmission{heard}\n> P. 1:11 ack 1 win 10000 | retransmission"
        ));
    }
    t.run("wait 37s\ntimer | gave-up\n! Ended(TimedOut) | gave-up\nESTABLISHED -> CLOSED | gave-up");
}

/// TR-77, WF-10.8: five retransmissions in WINDOWS; the timeout after the fifth ends it. TR-E15: in any state.
/// Mutation: it gives up one retransmission early.
#[test]
fn retransmission_gives_up_by_count() {
    for (state, segment) in [
        (StateName::FinWait1, "> F. 1:2 ack 1 win 10000"),
        (StateName::Closing, "> F. 1:2 ack 2 win 10000"),
        (StateName::LastAck, "> F. 1:2 ack 2 win 10000"),
    ] {
        let mut t = Tcp::in_state(state, &Profile::WINDOWS);
        for ms in [300, 600, 1200, 2400, 4800] {
            let heard = heard(ms == 1200);
            t.run(&format!("wait {ms}ms\ntimer | retransmission{heard}\n{segment} | retransmission"));
        }
        t.run(&format!(
            "wait 9600ms\ntimer | gave-up\n! Ended(TimedOut) | gave-up\n{state} -> CLOSED | gave-up"
        ));
    }
}

/// TR-77: an ACK of something new begins the count and the time anew.
/// Mutation: the count goes on.
#[test]
fn progress_begins_the_count_anew() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.quietly("send 2000");
    for ms in [300, 600, 1200, 2400, 4800] {
        t.quietly(&format!("wait {ms}ms"));
    }
    t.quietly("< . 1:1 ack 1001");
    // Karn: the timeout is still the backed-off one.
    t.run(
        "wait 9600ms
         timer | retransmission
         > P. 1001:2001 ack 1 win 10000 | retransmission
         = ESTABLISHED",
    );
}

/// RFC 9293 3.8.3 without limits (both None): retransmission goes on for ever, 60 s apart.
/// Mutation: the count overflows.
#[test]
fn retransmission_without_limits_never_ends() {
    let endless = crate::profile::MaxR2 { retransmissions: None, time: None };
    let profile = Profile { data_max_r2: endless, syn_max_r2: endless, ..Profile::RFC9293 };
    for state in [StateName::SynSent, StateName::FinWait1] {
        let mut t = Tcp::in_state(state, &profile);
        for _ in 0..7 {
            t.now = t.deadline().expect("a timer runs");
            t.on(State::timeout);
            t.out = Effects::default();
        }
        for _ in 0..300 {
            t.quietly("wait 60s");
        }
        assert_eq!(t.name(), state);
    }
}

/// TR-48 to 51, MUST-36, SHLD-29, SHLD-30: the first probe after one RTO, then twice as long each time, to 60 s.
/// TR-53, MUST-37: open as long as probes are answered. (RFC 1122 4.2.2.17.)
/// Mutation: the interval does not grow.
#[test]
fn a_closed_window_is_probed_for_ever_if_the_peer_answers() {
    for profile in [&Profile::RFC9293, &Profile::DOCUMENTED] {
        let mut t = Tcp::established_to_window(profile, 0);
        t.run("send 10");
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60, 60] {
            t.run(&format!(
                "wait {seconds}s
                 timer | zero-window-probe
                 > . 1:2 ack 1 win 10000 | zero-window-probe
                 < . 1:1 ack 1 win 0"
            ));
        }
        t.run("< . 1:1 ack 1 win 10000\n> P. 1:11 ack 1 win 10000 | recovery");
        t.run("< . 1:1 ack 11\n! Acknowledged | ack\n= idle");
    }
}

/// TR-43, TR-47, TR-48, MUST-34, SHLD-17, MUST-35: the peer takes 500 octets of 2,000 and shrinks its window to nothing.
/// What lies past the edge is in flight and never acknowledged, and that ends nothing: the window is probed, and 123 s
/// later, more than the 100 s of max_r2, the rest is sent again into the window that opens.
/// Mutation: what is past the edge has a retransmission timer.
#[test]
fn data_past_the_edge_does_not_time_out() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.quietly("send 2000");
    t.run("< . 1:1 ack 501 win 0\n! Acknowledged | ack");
    for seconds in [1, 2, 4, 8, 16, 32, 60] {
        t.run(&format!(
            "wait {seconds}s
             timer | zero-window-probe
             > . 501:502 ack 1 win 10000 | zero-window-probe
             < . 1:1 ack 501 win 0"
        ));
    }
    t.run(
        "< . 1:1 ack 501 win 2000
         > . 501:1501 ack 1 win 10000 | recovery
         > P. 1501:2001 ack 1 win 10000 | recovery
         < . 1:1 ack 2001
         ! Acknowledged | ack
         = idle",
    );
}

/// MUST-37 in WINDOWS, whose limit is a count: answers begin it anew.
/// Mutation: answered probes count as unanswered.
#[test]
fn answered_probes_do_not_count() {
    let mut t = Tcp::established_to_window(&Profile::WINDOWS, 0);
    t.quietly("send 10");
    for ms in [300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 60_000, 60_000] {
        t.quietly(&format!("wait {ms}ms"));
        t.quietly("< . 1:1 ack 1 win 0");
    }
    t.run("= ESTABLISHED");
}

/// TR-77: probes that nobody answers end like retransmissions: five times again, or 100 s after the first.
/// Mutation: unanswered probes go on for ever.
#[test]
fn unanswered_probes_give_up() {
    let over = "timer | gave-up\n! Ended(TimedOut) | gave-up\nESTABLISHED -> CLOSED | gave-up";
    let probe = "timer | zero-window-probe\n> . 1:2 ack 1 win 10000 | zero-window-probe";
    let mut t = Tcp::established_to_window(&Profile::WINDOWS, 0);
    t.quietly("send 10");
    for ms in [300, 600, 1200, 2400, 4800, 9600] {
        t.run(&format!("wait {ms}ms\n{probe}"));
    }
    t.run(&format!("wait 19200ms\n{over}"));
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 0);
    t.quietly("send 10");
    for seconds in [1, 2, 4, 8, 16, 32] {
        t.run(&format!("wait {seconds}s\n{probe}"));
    }
    t.run(&format!("wait 38s\n{over}"));
}

/// A FIN waits for a closed window like text, and is what the probe carries.
/// Mutation: nothing probes for a FIN.
#[test]
fn a_fin_probes_a_closed_window() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 0);
    t.run(
        "shut
         ESTABLISHED -> FIN_WAIT_1 | close
         wait 1s
         timer | zero-window-probe
         > F. 1:2 ack 1 win 10000 | zero-window-probe
         < . 1:1 ack 1 win 0
         wait 2s
         timer | zero-window-probe
         > F. 1:2 ack 1 win 10000 | zero-window-probe
         < . 1:1 ack 2 win 0
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked
         = idle",
    );
}

/// A window that takes exactly the text: the FIN follows when there is room for it.
/// Mutation: a FIN needs no room.
#[test]
fn a_fin_needs_room_in_the_window() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 10);
    t.run(
        "send 10
         > P. 1:11 ack 1 win 10000 | send
         shut
         ESTABLISHED -> FIN_WAIT_1 | close
         < . 1:1 ack 11 win 0
         ! Acknowledged | ack
         < . 1:1 ack 11 win 1
         > F. 11:12 ack 1 win 10000 | close",
    );
}

/// A probe's octet that the peer takes moves SND.UNA; the rest waits for the next probe.
/// Mutation: the probe carries two octets.
#[test]
fn a_probe_may_be_taken() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 0);
    t.quietly("send 10");
    t.quietly("wait 1s");
    t.run(
        "< . 1:1 ack 2 win 0
         ! Acknowledged | ack
         wait 1s
         timer | zero-window-probe
         > . 2:3 ack 1 win 10000 | zero-window-probe",
    );
}

/// MUST-21, TR-E15, R69: a connection has a limit of its own, in any state, and it counts from the first sending.
/// Mutation: it is not asked.
#[test]
fn a_connection_has_its_own_user_timeout() {
    for (state, step) in [
        (StateName::Established, "send 10"),
        (StateName::CloseWait, "send 10"),
        (StateName::FinWait1, "+0ms"),
        (StateName::Closing, "+0ms"),
        (StateName::LastAck, "+0ms"),
    ] {
        let mut t = Tcp::in_state(state, &Profile::WINDOWS);
        t.tune(Tuning { max_r2: Some(after(Some(2))), ..Tuning::default() });
        t.quietly(step);
        for ms in [300, 600] {
            t.quietly(&format!("wait {ms}ms"));
        }
        t.run(&format!(
            "wait 1100ms\ntimer | gave-up\n! Ended(TimedOut) | gave-up\n{state} -> CLOSED | gave-up"
        ));
    }
}

/// Set while something is in flight already: from when it was sent; a time that is over is over now.
/// Mutation: the timer that runs is left alone.
#[test]
fn a_user_timeout_counts_from_the_first_sending() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.quietly("send 10");
    for ms in [300, 600, 1200] {
        t.quietly(&format!("wait {ms}ms"));
    }
    let over = "timer | gave-up\n! Ended(TimedOut) | gave-up\nESTABLISHED -> CLOSED | gave-up";
    let mut late = t.clone();
    t.tune(Tuning { max_r2: Some(after(Some(3))), ..Tuning::default() });
    t.run(&format!("wait 900ms\n{over}"));
    late.tune(Tuning { max_r2: Some(after(Some(1))), ..Tuning::default() });
    late.on(State::timeout);
    assert_eq!(late.name(), StateName::Closed);
}

/// TCP_MAXRT -1: for ever, where WINDOWS gives up after the fifth. MUST-22: a SYN has the same limit.
/// Mutation: the profile's limit counts all the same.
#[test]
fn a_user_timeout_may_be_endless_and_is_of_the_syn_too() {
    let mut t = Tcp::established(&Profile::WINDOWS);
    t.tune(Tuning { max_r2: Some(after(None)), ..Tuning::default() });
    t.quietly("send 10");
    for ms in [300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 60_000, 60_000] {
        t.quietly(&format!("wait {ms}ms"));
    }
    t.run("= ESTABLISHED");
    let mut t = Tcp::new(&Profile::WINDOWS);
    t.settings.tuning.max_r2 = Some(after(Some(2)));
    t.quietly("open");
    t.quietly("wait 1s");
    t.run(
        "wait 1s\ntimer | syn-gave-up\n! Ended(SynTimedOut) | syn-gave-up\nSYN_SENT -> CLOSED | syn-gave-up",
    );
}

fn after(seconds: Option<u64>) -> crate::profile::MaxR2 {
    crate::profile::MaxR2 { retransmissions: None, time: seconds.map(Duration::from_secs) }
}
