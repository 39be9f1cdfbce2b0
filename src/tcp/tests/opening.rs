//! OPEN, SEGMENT ARRIVES in CLOSED, LISTEN and SYN-SENT, and SYN-RECEIVED.

use super::*;
use crate::profile::MaxR2;
use crate::tcp::closed;

/// RFC 9293 Figure 6, seen from the side that listens. The active side is [`Tcp::established`].
/// Mutation: the SYN+ACK acknowledges IRS, not IRS + 1.
#[test]
fn three_way_handshake() {
    Tcp::new(&Profile::RFC9293).run(
        "< S 0:1 win 5000 mss 800
         > S. 0:1 ack 1 win 10000 mss 1000 | listen-syn
         LISTEN -> SYN_RECEIVED | listen-syn
         +50ms
         < . 1:1 ack 1
         ! Connected | handshake-done
         SYN_RECEIVED -> ESTABLISHED | handshake-done
         = ESTABLISHED
         = idle",
    );
}

/// RFC 9293 Figure 7 (MUST-10): the SYN+ACK that repeats a known SYN acknowledges ours.
/// Mutation: the repeated SYN is not recognised and draws an ACK.
#[test]
fn simultaneous_open() {
    let open = "open
        > S 0:1 win 10000 mss 1000 | active-open
        CLOSED -> SYN_SENT | active-open
        < S 0:1 win 10000 mss 1000
        > S. 0:1 ack 1 win 10000 mss 1000 | simultaneous-open
        SYN_SENT -> SYN_RECEIVED | simultaneous-open";
    let established = "! Connected | handshake-done
        SYN_RECEIVED -> ESTABLISHED | handshake-done
        = idle";
    for last in ["< S. 0:1 ack 1 mss 1000", "< . 1:1 ack 1"] {
        Tcp::new(&Profile::RFC9293).run(&format!("{open}\n{last}\n{established}"));
    }
}

/// TR-E1, RFC 9293 3.10.7.1: what answers a segment for no connection, in absolute numbers.
/// Mutation: the RST acknowledges SEG.SEQ, not SEG.SEQ + SEG.LEN.
#[test]
fn closed_answers_with_a_reset_that_will_be_believed() {
    let segment = |letters, payload: &'static str| Segment {
        payload: Bytes::from_static(payload.as_bytes()),
        wnd: 77,
        ..Segment::control(flags(letters), Seq(u32::MAX - 1), Seq(4711))
    };
    let bare = |seq| Some(Segment::control(Flags::RST, Seq(seq), Seq(0)));
    let acking = |ack| Some(Segment::control(Flags::RST | Flags::ACK, Seq(0), Seq(ack)));
    for (letters, payload, expected) in [
        ("R", "", None),
        ("R.", "", None),
        ("SFR.", "abc", None),
        ("-", "", acking(u32::MAX - 1)),
        ("S", "", acking(u32::MAX)),
        ("F", "", acking(u32::MAX)),
        ("SF", "abc", acking(3)),
        ("P", "ab", acking(0)),
        (".", "", bare(4711)),
        ("S.", "", bare(4711)),
        ("F.", "abc", bare(4711)),
    ] {
        let segment = segment(letters, payload);
        assert_eq!(closed::reply(&segment, &Profile::RFC9293), expected, "{letters} {payload}");
        let filled =
            expected.map(|rst| Segment { ack: if rst.has_ack() { rst.ack } else { Seq(4711) }, ..rst });
        assert_eq!(closed::reply(&segment, &Profile::WIN8_CAV2016), filled, "R25: {letters} {payload}");
    }
}

/// TR-E2, TR-E5, RFC 9293 3.10.7.2: first RST, second ACK, third SYN, fourth anything else.
/// Mutation: LISTEN looks at the ACK before the RST.
#[test]
fn listen_ignores_refuses_and_drops() {
    Tcp::new(&Profile::RFC9293).run(
        "< R 0:0
         drop | listen-rst
         < R. 0:0 ack 7
         drop | listen-rst
         < . 0:0 ack 7
         > R 7:7 | listen-ack
         < S. 0:1 ack 7
         > R 7:7 | listen-ack
         < FP. 0:4 ack 7
         > R 7:7 | listen-ack
         < F 0:1
         drop | listen-drop
         < P 0:3
         drop | listen-drop
         = LISTEN",
    );
}

/// TR-E2, TR-E5, RFC 9293 3.10.7.3: an ACK of anything but our SYN draws a RST; a RST counts only with that ACK.
/// Mutation: a RST without ACK refuses the connection.
#[test]
fn syn_sent_judges_the_ack_first() {
    let mut t = Tcp::in_state(StateName::SynSent, &Profile::RFC9293);
    t.run(
        "< . 0:0 ack 0
         > R 0:0 | opening-bad-ack
         < S. 0:1 ack 2
         > R 2:2 | opening-bad-ack
         < R. 0:0 ack 2
         drop | syn-sent-drop
         < R 0:0
         drop | syn-sent-drop
         < F 0:1
         drop | syn-sent-drop
         < . 0:0 ack 1
         drop | syn-sent-drop
         = SYN_SENT
         < R. 0:0 ack 1
         ! Ended(Refused) | refused
         SYN_SENT -> CLOSED | refused
         = idle",
    );
}

/// TR-E2, TR-E5, R16: SYN-RECEIVED of a passive open.
/// Mutation: an unacceptable ACK establishes the connection.
#[test]
fn passive_syn_received_keeps_its_state_or_returns_to_listen() {
    let t = Tcp::in_state(StateName::SynReceived, &Profile::RFC9293);
    let kept = "< . 1:1 ack 0
        > R 0:0 | opening-bad-ack
        < . 1:1 ack 2
        > R 2:2 | opening-bad-ack
        < S 0:1
        > . 1:1 ack 1 win 10000 | unacceptable
        < - 1:1
        drop | no-ack-bit
        < R 2:2
        > . 1:1 ack 1 win 10000 | rst-challenge
        < R 0:0
        drop | unacceptable-rst
        = SYN_RECEIVED";
    t.clone().run(kept);
    t.clone().run("< R 1:1\n! Ended(Deleted) | rst-to-listen\nSYN_RECEIVED -> CLOSED | rst-to-listen");
    t.clone().run("< S 1:2\n! Ended(Deleted) | syn-to-listen\nSYN_RECEIVED -> CLOSED | syn-to-listen");
    let mut t = Tcp::in_state(StateName::SynReceived, &Profile::DOCUMENTED);
    t.run("< S 1:2\n> . 1:1 ack 1 win 10000 | syn-challenge\n= SYN_RECEIVED");
}

/// TR-E5, R16, R23: SYN-RECEIVED of an active open: a RST refuses, even where SYN-SENT would try again.
/// Mutation: the RST returns the connection to LISTEN as though it were passive.
#[test]
fn active_syn_received_is_refused_by_a_reset() {
    for profile in [&Profile::RFC9293, &Profile::WINDOWS] {
        Tcp::crossed(profile).run(
            "< S 1:2
             > . 1:1 ack 1 win 10000 | syn-challenge
             < R 1:1
             ! Ended(Refused) | refused
             SYN_RECEIVED -> CLOSED | refused",
        );
    }
}

/// TR-82, TR-83, RFC 6298 5.5: 1, 2, 4 … 60 s apart; 180 s after the first SYN it is given up.
/// Mutation: the timeout does not back off.
#[test]
fn syn_is_retransmitted_until_three_minutes_have_passed() {
    for (state, again, over) in [
        (StateName::SynSent, "> S 0:1 win 10000 mss 1000 | retransmission", "SYN_SENT -> CLOSED"),
        (
            StateName::SynReceived,
            "> S. 0:1 ack 1 win 10000 mss 1000 | retransmission",
            "SYN_RECEIVED -> CLOSED",
        ),
    ] {
        let mut t = Tcp::in_state(state, &Profile::RFC9293);
        for seconds in [1, 2, 4, 8, 16, 32, 60] {
            let heard = super::timers::heard(seconds == 4);
            t.run(&format!("wait {seconds}s\ntimer | retransmission{heard}\n{again}"));
        }
        t.run(&format!(
            "wait 57s\ntimer | syn-gave-up\n! Ended(SynTimedOut) | syn-gave-up\n{over} | syn-gave-up"
        ));
    }
}

/// TR-82, R44: limits of count and time; whichever is met first.
/// Mutation: one retransmission more than the limit.
#[test]
fn syn_gives_up_at_its_count_or_its_time() {
    let give_up = "timer | syn-gave-up
        ! Ended(SynTimedOut) | syn-gave-up
        SYN_SENT -> CLOSED | syn-gave-up";
    let counted = MaxR2 { retransmissions: Some(2), time: None };
    let counted = Profile { syn_max_r2: counted, ..Profile::RFC9293 };
    for (profile, intervals, last) in [(&counted, &[1, 2][..], 4), (&Profile::WINDOWS, &[1, 2, 4, 8][..], 6)]
    {
        let mut t = Tcp::in_state(StateName::SynSent, profile);
        for seconds in intervals {
            let heard = super::timers::heard(*seconds == 4);
            let again = "> S 0:1 win 10000 mss 1000 | retransmission";
            t.run(&format!("wait {seconds}s\ntimer | retransmission{heard}\n{again}"));
        }
        t.run(&format!("wait {last}s\n{give_up}"));
    }
}

/// R23, R29: WINDOWS sends the SYN again 500 ms after each of three RSTs; the fourth refuses.
/// Mutation: the count of refusals is not kept.
#[test]
fn a_refused_syn_is_retried_three_times() {
    let mut t = Tcp::in_state(StateName::SynSent, &Profile::WINDOWS);
    for _ in 0..3 {
        t.run(
            "< R. 0:0 ack 1
             drop | refused-retry
             = SYN_SENT
             wait 500ms
             timer | refused-retry
             > S 0:1 win 10000 mss 1000 | refused-retry",
        );
    }
    let mut unanswered = t.clone();
    unanswered.run("wait 1s\ntimer | retransmission\n> S 0:1 win 10000 mss 1000 | retransmission");
    t.run("< R. 0:0 ack 1\n! Ended(Refused) | refused\nSYN_SENT -> CLOSED | refused");
}

/// R23: SYN-SENT goes on while it waits to try again: it still answers and can be established.
/// Mutation: a second RST before the retry is not counted.
#[test]
fn a_refused_syn_can_still_be_answered() {
    let mut t = Tcp::in_state(StateName::SynSent, &Profile::WINDOWS);
    t.quietly("< R. 0:0 ack 1");
    t.quietly("+100ms");
    let mut counted = t.clone();
    counted.run("< R. 0:0 ack 1\ndrop | refused-retry\n< R. 0:0 ack 1\ndrop | refused-retry");
    counted.run("< R. 0:0 ack 1\n! Ended(Refused) | refused\nSYN_SENT -> CLOSED | refused");
    t.run(
        "< . 0:0 ack 9
         > R 9:9 | opening-bad-ack
         < S. 0:1 ack 1
         ! Connected | syn-ack
         SYN_SENT -> ESTABLISHED | syn-ack
         > . 1:1 ack 1 win 10000 | syn-ack
         = idle",
    );
}

/// R42, RFC 9293 3.10.7.2: text and FIN of a SYN are kept until the connection is established.
/// Mutation: the FIN of the SYN is forgotten.
#[test]
fn text_on_syn_is_queued() {
    let mut t = Tcp::new(&Profile::RFC9293);
    t.run(
        "< S 0:4 win 10000 mss 1000
         > S. 0:1 ack 1 win 10000 mss 1000 | listen-syn
         LISTEN -> SYN_RECEIVED | listen-syn
         < . 4:4 ack 1
         ! Connected | handshake-done
         SYN_RECEIVED -> ESTABLISHED | handshake-done
         ! Readable | text
         > . 1:1 ack 4 win 9997 | text
         read 3",
    );
    let mut t = Tcp::new(&Profile::RFC9293);
    t.quietly("< SF 0:5 win 10000 mss 1000");
    t.run(
        "< . 5:5 ack 1
         ! Connected | handshake-done
         SYN_RECEIVED -> ESTABLISHED | handshake-done
         ! Readable | text
         ! EndOfStream | fin-received
         > . 1:1 ack 5 win 9997 | fin-received
         ESTABLISHED -> CLOSE_WAIT | fin-received
         read 3",
    );
}

/// R42 in WINDOWS: what came with the SYN is left to the peer's retransmission.
/// Mutation: it is kept.
#[test]
fn text_on_syn_is_dropped() {
    let mut t = Tcp::new(&Profile::WINDOWS);
    t.quietly("< S 0:4 win 10000 mss 1000");
    t.run(
        "< . 4:4 ack 1
         ! Connected | handshake-done
         SYN_RECEIVED -> ESTABLISHED | handshake-done
         < P. 1:4 ack 1
         ! Readable | text
         > . 1:1 ack 4 win 9997 | text
         read 3",
    );
}

/// RFC 9293 3.10.7.3 fourth: SYN+ACK with text and FIN goes on at the sixth check.
/// Mutation: the text of a SYN+ACK is not looked at.
#[test]
fn a_syn_ack_may_carry_text_and_fin() {
    let mut t = Tcp::in_state(StateName::SynSent, &Profile::RFC9293);
    t.run(
        "< SF. 0:5 ack 1
         ! Connected | syn-ack
         SYN_SENT -> ESTABLISHED | syn-ack
         ! Readable | text
         ! EndOfStream | fin-received
         > . 1:1 ack 5 win 9997 | fin-received
         ESTABLISHED -> CLOSE_WAIT | fin-received
         read 3",
    );
}

/// R24, TR-E9: CLOSE in SYN-SENT sends nothing, in every profile.
/// Mutation: the connection stays.
#[test]
fn close_in_syn_sent_is_silent() {
    for profile in Profile::ALL {
        Tcp::in_state(StateName::SynSent, profile)
            .run("close\n! Ended(Deleted) | close-syn-sent\nSYN_SENT -> CLOSED | close-syn-sent\n= idle");
    }
}

/// R24, TR-E9: CLOSE in SYN-RECEIVED of an active open: FIN, to FIN-WAIT-1 (RFC 9293 3.10.4).
/// Mutation: the SYN's number is not counted before the text.
#[test]
fn close_in_syn_received_sends_fin() {
    let mut t = Tcp::crossed(&Profile::RFC9293);
    t.run(
        "close
         SYN_RECEIVED -> FIN_WAIT_1 | close-syn-received
         > F. 1:2 ack 1 win 10000 | close
         < S. 0:1 ack 1
         > . 2:2 ack 1 win 10000 | unacceptable
         < . 1:1 ack 2
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked",
    );
}

/// R24: after CLOSE in SYN-RECEIVED both SYN and FIN are unacknowledged, and nothing was measured yet: RFC 6298
/// 2.1's first timeout, then both again, the SYN with its MSS (SHLD-5).
/// Mutation: the time since the crossing is taken for a round trip.
#[test]
fn close_in_syn_received_retransmits_syn_and_fin() {
    let mut t = Tcp::crossed(&Profile::RFC9293);
    t.quietly("+900ms");
    t.quietly("close");
    t.run(
        "wait 1s
         timer | retransmission
         > S. 0:1 ack 1 win 10000 mss 1000 | retransmission
         > F. 1:2 ack 1 win 10000 | recovery
         < . 1:1 ack 1
         ! Acknowledged | ack
         < . 1:1 ack 2
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked",
    );
}

/// R24, R25: WINDOWS sends a bare RST.
/// Mutation: the RST carries the ACK flag.
#[test]
fn close_in_syn_received_resets() {
    Tcp::crossed(&Profile::WINDOWS).run(
        "close
         > R 1:1 | close-syn-received
         ! Ended(Aborted) | close-syn-received
         SYN_RECEIVED -> CLOSED | close-syn-received
         = idle",
    );
}

/// R21: a handshake completes for a listener that was closed: RST.
/// Mutation: it is established all the same.
#[test]
fn an_abandoned_handshake_is_reset() {
    let mut t = Tcp::in_state(StateName::SynReceived, &Profile::WINDOWS);
    t.run(
        "abandon
         < . 1:1 ack 1
         > R. 1:1 ack 1 | listener-gone
         ! Ended(Aborted) | listener-gone
         SYN_RECEIVED -> CLOSED | listener-gone",
    );
}

/// TR-E16, RFC 9293 3.5.1: a peer that crashed sends a new SYN, is answered by an ACK, and resets.
/// Mutation: the SYN resets the connection by itself.
#[test]
fn a_half_open_connection_is_discovered() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.run(
        "< S 500000:500001
         > . 1:1 ack 1 win 10000 | unacceptable
         < R 1:1
         ! Ended(Reset) | rst-received
         ESTABLISHED -> CLOSED | rst-received",
    );
}

/// MUST-14 to 16: the effective send MSS is the smaller of ours and the peer's; without the option 536.
/// Mutation: the peer's MSS is not honoured.
#[test]
fn mss_is_the_smaller_limit() {
    for (option, mss) in [(" mss 1460", 1000), (" mss 400", 400), ("", 536)] {
        let mut t = Tcp::new(&Profile::RFC9293);
        t.quietly("open");
        t.quietly(&format!("< S. 0:1 ack 1 win 10000{option}"));
        // Less than two segments: the second is held by Nagle where it is short.
        t.run(&format!("send {}\n> . 1:{} ack 1 win 10000 | send", mss + 100, mss + 1));
    }
}

/// TR-C32, RFC 6298 5.7, RFC 5681 3.1: after a lost SYN data starts with 3 s and one segment.
/// Mutation: the congestion window is the usual one.
#[test]
fn a_lost_syn_makes_data_start_slowly() {
    let mut t = Tcp::in_state(StateName::SynSent, &Profile::RFC9293);
    t.quietly("wait 1s");
    t.quietly("< S. 0:1 ack 1 win 10000 mss 1000");
    t.run(
        "send 3000
         > . 1:1001 ack 1 win 10000 | send
         wait 3s
         timer | retransmission
         > . 1:1001 ack 1 win 10000 | retransmission",
    );
}
