//! Where smoltcp 0.14 and closewait differ, each stated twice: what smoltcp does, what closewait does. A smoltcp that
//! changes turns a test red; then docs/interop.md is revised. What RFC 9293 asks for is closewait's, if it asks.

use crate::pair::{FROM, PORT};
use crate::wire::{ACK, FIN_ACK, Heard, RST_ACK, SYN, SYN_ACK, Wire, each};
use closewait::addr::Endpoint;
use closewait::packet::Flags;
use closewait::time::Duration;
use closewait::winsock::{Call, consts};
use closewait_sim::peer::{Smoltcp, State};

const NOTHING: [Heard; 0] = [];

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// R4, RFC 9293 3.6.1 SHLD-3: data that was received and never read is lost; only a RST tells the peer.
///
/// Mutation: nothing is ever unread.
#[test]
fn close_with_unread_data_fin_and_rst() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.say(ACK, 1, 1, &[7; 100]);
        wire.wait(secs(1));
        wire.close()
    });
    assert_eq!(smoltcp, [(FIN_ACK, 1, 101, 0)]);
    assert_eq!(closewait, [(RST_ACK, 1, 101, 0)]);
}

/// R12: 2 MSL is the profile's; smoltcp's is 10 s, to the microsecond.
///
/// Mutation: closewait's TIME-WAIT is 10 s, too.
#[test]
fn time_wait_is_ten_seconds_and_two_msl() {
    let mut wire = Wire::smoltcp(65_535);
    wire.open();
    assert_eq!(wire.close(), [(FIN_ACK, 1, 1, 0)]);
    // It arrives after 1 ms; 4 ms are over when `say` returns.
    assert_eq!(wire.say(FIN_ACK, 1, 2, b""), [(ACK, 2, 2, 0)]);
    assert_eq!(wire.state(), Some(State::TimeWait));
    wire.wait(secs(10) - Duration::from_millis(4) - Duration::from_micros(1));
    assert_eq!(wire.state(), Some(State::TimeWait));
    wire.wait(Duration::from_micros(1));
    assert_eq!(wire.state(), Some(State::Closed));

    // Who sends its FIN again learns whether the TIME-WAIT is still there: ACK, or RST.
    let after = |time: Duration| {
        each(|wire| {
            wire.open();
            wire.close();
            wire.say(FIN_ACK, 1, 2, b"");
            wire.wait(time);
            wire.say(FIN_ACK, 1, 2, b"").first().map(|heard| heard.0)
        })
    };
    assert_eq!(after(secs(9)), [Some(ACK), Some(ACK)]);
    assert_eq!(after(secs(11)), [Some(Flags::RST), Some(ACK)]);
    assert_eq!(after(secs(119)), [Some(Flags::RST), Some(ACK)]);
    assert_eq!(after(secs(121)), [Some(Flags::RST), Some(Flags::RST)]);
}

/// R43: a listening socket of smoltcp becomes its connection; nobody listens then.
///
/// Mutation: the backlog is always full.
#[test]
fn a_second_syn_finds_no_backlog_and_one() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.say_ports(FROM + 1, PORT, SYN, 0).iter().map(|heard| heard.0).collect::<Vec<_>>()
    });
    assert_eq!(smoltcp, [RST_ACK]);
    assert_eq!(closewait, [SYN_ACK]);
}

/// RFC 9293 3.10.7.4 second (RFC 5961 3.2): only a RST at RCV.NXT resets; another in the window is challenged.
///
/// Mutation: a RST anywhere in the window resets.
#[test]
fn a_rst_in_the_window_is_taken_and_challenged() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        let answers = wire.say(Flags::RST, 100, 0, b"");
        let state = wire.state();
        // Who still has the connection acknowledges text past a gap at once.
        let text = wire.say(ACK, 2, 1, &[7; 10]);
        (answers, state, text.first().map(|heard| heard.0))
    });
    assert_eq!(smoltcp, (NOTHING.to_vec(), Some(State::Closed), Some(Flags::RST)));
    assert_eq!(closewait, (vec![(ACK, 1, 1, 0)], None, Some(ACK)));
}

/// RFC 9293 3.10.7.4 fourth (RFC 5961 4.2): the SYN of a peer that was started again is challenged, and its RST then
/// frees the old connection. smoltcp drops a segment without ACK before it looks at SYN.
///
/// Mutation: what is not acceptable is dropped.
#[test]
fn a_syn_on_a_connection_is_dropped_and_challenged() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.say(SYN, 70_000, 0, b"")
    });
    assert_eq!(smoltcp, NOTHING);
    assert_eq!(closewait, [(ACK, 1, 1, 0)]);
}

/// R8: closewait drops what was not read when a RST comes; smoltcp keeps it to be read.
///
/// Mutation: a RST discards nothing.
#[test]
fn unread_data_outlives_a_rst_and_does_not() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.say(ACK, 1, 1, &[7; 100]);
        wire.say(Flags::RST, 101, 0, b"");
        wire.recv()
    });
    assert_eq!(smoltcp, Ok(100));
    assert_eq!(closewait, Err("Err(ConnReset)".to_owned()));
}

/// What came before the FIN can be read for as long as the socket is there; smoltcp's is emptied when its TIME-WAIT
/// is over.
///
/// Mutation: TIME-WAIT keeps nothing that is unread.
#[test]
fn unread_data_goes_with_time_wait_and_does_not() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.with(Smoltcp::close, |s| Call::Shutdown { s, how: consts::SD_SEND });
        wire.say(FIN_ACK, 1, 2, &[7; 100]);
        wire.wait(secs(300));
        wire.recv()
    });
    assert_eq!(smoltcp, Err("InvalidState".to_owned()));
    assert_eq!(closewait, Ok(100));
}

/// RFC 9293 3.8.6.3: an ACK may wait: smoltcp's for 10 ms, closewait's for 200 (R65), both until the second segment.
/// What smoltcp has acknowledged once in that time it goes on to acknowledge at once.
///
/// Mutation: smoltcp's delay is turned off.
#[test]
fn an_ack_is_delayed_for_10_and_for_200_ms() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        // `say` returns 4 ms after the segment arrived; the ACK is on the way for 1 ms.
        let one = wire.say(ACK, 1, 1, &[7; 1_460]);
        let before = wire.wait(Duration::from_millis(7) - Duration::from_micros(1));
        let after = wire.wait(Duration::from_micros(1));
        let second = wire.say(ACK, 1_461, 1, &[7; 1_460]);
        let third = wire.say(ACK, 2_921, 1, &[7; 1_460]);
        let long_before = wire.wait(Duration::from_millis(197) - Duration::from_micros(1));
        let long_after = wire.wait(Duration::from_micros(1));
        [one, before, after, second, third, long_before, long_after]
            .map(|heard| heard.first().map(|heard| heard.2))
    });
    assert_eq!(smoltcp, [None, None, Some(1_461), None, Some(4_381), None, None]);
    assert_eq!(closewait, [None, None, None, Some(2_921), None, None, Some(4_381)]);
}

/// smoltcp's receive buffer of 256 KB needs window scaling, and the SYN of this test offers none (RFC 7323: both
/// must): 65,535 is all that it announces.
///
/// Mutation: no buffer is larger than 65,535 bytes.
#[test]
fn a_large_buffer_is_announced_clipped() {
    let mut wire = Wire::smoltcp(262_144);
    assert_eq!(wire.say(SYN, 0, 0, b""), [(SYN_ACK, 0, 1, 0)]);
    assert_eq!(wire.windows, [65_535]);
    wire.say(ACK, 1, 1, &[7; 1_460]);
    assert_eq!(wire.say(ACK, 1_461, 1, &[7; 1_460]), [(ACK, 1, 2_921, 0)]);
    assert_eq!(wire.windows, [65_535], "of the 259,224 that are free");
}

/// RFC 5681: smoltcp is built here without its congestion control, which it has as an option, and fills the window at
/// once; closewait begins with ten segments (R45).
///
/// Mutation: there is no congestion window.
#[test]
fn a_window_is_filled_and_slow_start() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.send(50_000).len()
    });
    // 50,000 bytes in segments of 536 (RFC 9293 3.7.1: the SYN named no MSS): 93 and a rest, which Nagle holds.
    assert_eq!((smoltcp, closewait), (93, 10));
}

/// RFC 6298 5.4, 5.5: after a timeout closewait sends the first segment again, smoltcp all of them.
///
/// Mutation: RTO does not back off.
#[test]
fn a_timeout_resends_everything_and_one_segment() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        assert_eq!(wire.send(5 * 536).len(), 5);
        let again: Vec<_> = wire.wait(secs(1)).iter().map(|heard| heard.1).collect();
        again
    });
    assert_eq!(smoltcp, [1, 537, 1_073, 1_609, 2_145]);
    assert_eq!(closewait, [1, 1], "after 300 and 900 ms");
}

/// RFC 9293 3.8.3: smoltcp sends again for ever, unless its user sets a timeout; closewait gives up (WF-10.8).
///
/// Mutation: retransmissions are not counted.
#[test]
fn retransmission_goes_on_and_gives_up() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.send(100);
        wire.wait(secs(600));
        wire.wait(secs(600)).len()
    });
    assert_eq!((smoltcp, closewait), (10, 0), "smoltcp: once a minute");
}

/// RFC 9293 3.10.7.4 seventh, eighth: text and FIN past a gap. Both keep the text; smoltcp forgets the FIN, which must
/// come again.
///
/// Mutation: a FIN past a gap is not kept.
#[test]
fn a_fin_past_a_gap_is_forgotten_and_kept() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        let gap = wire.say(FIN_ACK, 101, 1, &[7; 100]);
        let filled = wire.say(ACK, 1, 1, &[7; 100]);
        [gap, filled].map(|heard| heard.iter().map(|heard| heard.2).collect::<Vec<_>>())
    });
    assert_eq!(smoltcp, [vec![1], vec![201]]);
    assert_eq!(closewait, [vec![1], vec![202]]);
}

/// RFC 9293 3.10.7.4 fifth: an old ACK is ignored, its segment's text is not. smoltcp drops the segment whole.
///
/// Mutation: an old ACK is answered as one of what was not sent.
#[test]
fn text_with_an_old_ack_is_dropped_and_taken() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        assert_eq!(wire.send(100), [(ACK, 1, 1, 100)]);
        wire.say(ACK, 1, 101, b"");
        wire.say(ACK, 1, 1, &[7; 100]);
        wire.wait(secs(1));
        wire.recv()
    });
    assert_eq!(smoltcp, Ok(0));
    assert_eq!(closewait, Ok(100));
}

/// RFC 9293 3.10.7.4 fifth: an ACK that acknowledges nothing new can still open the window. In LAST-ACK smoltcp answers
/// it instead and stays with the closed window, so what is queued never leaves: it probes for ever.
///
/// Mutation: a window that opens is not taken over.
#[test]
fn a_window_that_opens_in_last_ack_is_not_seen_and_is() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.say(FIN_ACK, 1, 1, b"");
        wire.window = 0;
        wire.say(ACK, 2, 1, b"");
        assert_eq!(wire.send(100), NOTHING);
        assert_eq!(wire.close(), NOTHING);
        wire.window = 65_535;
        wire.say(ACK, 2, 1, b"")
    });
    assert_eq!(smoltcp, [(ACK, 1, 2, 0)]);
    assert_eq!(closewait, [(FIN_ACK, 1, 2, 100)]);
}

/// RFC 9293 3.10.7.1: without ACK the answer is numbered 0 and acknowledges the segment. smoltcp does so for SYN only.
///
/// Mutation: only the RST for a SYN acknowledges.
#[test]
fn a_fin_without_ack_to_a_closed_port_is_not_acknowledged_and_is() {
    let flags = |said: Flags| {
        each(|wire| {
            wire.say_ports(FROM, PORT + 1, said, 0).iter().map(|heard| (heard.0, heard.2)).collect::<Vec<_>>()
        })
    };
    assert_eq!(flags(SYN), [vec![(RST_ACK, 1)], vec![(RST_ACK, 1)]], "no difference");
    assert_eq!(flags(Flags::FIN), [vec![(Flags::RST, 0)], vec![(RST_ACK, 1)]]);
}

/// RFC 9293 3.10.4: CLOSE in SYN-SENT deletes the connection, and nothing is sent (R24 has closewait's). smoltcp's
/// close sends a RST that acknowledges nothing.
///
/// Mutation: close makes the socket listen.
#[test]
fn close_in_syn_sent_sends_a_rst() {
    let mut wire = Wire::smoltcp(65_535);
    let to = Endpoint::new(wire.world.address(wire.wire), FROM);
    let opened = |peer: &mut Smoltcp, s| {
        peer.close(s);
        peer.connect(s, PORT, to).expect("it is closed");
    };
    let flags = |heard: Vec<Heard>| heard.iter().map(|heard| (heard.0, heard.1)).collect::<Vec<_>>();
    let said = flags(wire.with(opened, |s| Call::Closesocket { s }));
    let (syn, iss) = said[0];
    assert_eq!((said.len(), syn), (1, SYN));
    assert_eq!(flags(wire.close()), [(RST_ACK, iss.wrapping_add(1))]);
    assert_eq!(wire.state(), Some(State::Closed));
}

/// RFC 9293 3.10.5: ABORT in TIME-WAIT sends nothing (R28); smoltcp's abort sends a RST in every state.
///
/// Mutation: an abort in TIME-WAIT sends a RST.
#[test]
fn abort_in_time_wait_sends_a_rst_and_nothing() {
    let [smoltcp, closewait] = each(|wire| {
        wire.open();
        wire.with(Smoltcp::close, |s| Call::Shutdown { s, how: consts::SD_SEND });
        wire.say(FIN_ACK, 1, 2, b"");
        wire.wait(secs(1));
        let linger = vec![1, 0, 0, 0].into();
        wire.with(
            |_, _| (),
            |s| Call::Setsockopt {
                s,
                level: consts::SOL_SOCKET,
                name: consts::SO_LINGER,
                value: Some(linger),
            },
        );
        wire.with(Smoltcp::abort, |s| Call::Closesocket { s })
    });
    assert_eq!(smoltcp, [(RST_ACK, 2, 2, 0)]);
    assert_eq!(closewait, NOTHING);
}
