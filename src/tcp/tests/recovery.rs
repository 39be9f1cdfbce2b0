//! Fast retransmit and recovery by hand: RFC 5681 3.2 with NewReno (RFC 6582), and RFC 6675 with SACK. Segments are of
//! 1,000 octets, the first window four of them.

use super::*;

/// 2001 to 8001 is in flight with a congestion window of 6,000, and 12,000 octets wait.
fn six_in_flight(sack: Offer) -> Tcp {
    let profile =
        Profile { window_scaling: WindowScaling::Off, timestamps: Offer::No, sack, ..Profile::RFC9293 };
    let mut t = Tcp::with_options(&profile);
    t.quietly("open");
    t.quietly("+100ms");
    t.quietly("< S. 0:1 ack 1 win 50000 mss 1000 sackOK");
    t.quietly("send 20000");
    t.quietly("< . 1:1 ack 1001 win 50000");
    t.run(
        "< . 1:1 ack 2001 win 50000
         ! Acknowledged | ack
         > . 6001:7001 ack 1 win 10000 | send
         > . 7001:8001 ack 1 win 10000 | send",
    );
    t
}

/// RFC 5681 3.2, RFC 6582, TR-C38, C39, C43, C44, without SACK. 2001 and 5001 are lost. The first two duplicates let
/// a segment leave each (RFC 3042). At the third: FlightSize, without those two, is 6,000, so ssthresh 3,000 and cwnd
/// 6,000; 8,000 are in flight. Three duplicates more: cwnd 9,000, one segment may leave. A partial ACK of 3,000: cwnd
/// 9,000 - 3,000 + 1,000 = 7,000, 6,000 in flight: the next lost segment, and a new one. The full ACK of 10001: cwnd
/// min(3,000, 2,000 + 1,000), so one more leaves.
/// Mutation: a partial ACK ends the recovery.
#[test]
fn new_reno_by_hand() {
    let mut t = six_in_flight(Offer::No);
    t.run(
        "< . 1:1 ack 2001 win 50000
         > . 8001:9001 ack 1 win 10000 | limited-transmit
         < . 1:1 ack 2001 win 50000
         > . 9001:10001 ack 1 win 10000 | limited-transmit
         < . 1:1 ack 2001 win 50000
         > . 2001:3001 ack 1 win 10000 | fast-retransmit
         < . 1:1 ack 2001 win 50000
         < . 1:1 ack 2001 win 50000
         < . 1:1 ack 2001 win 50000
         > . 10001:11001 ack 1 win 10000 | send
         < . 1:1 ack 5001 win 50000
         ! Acknowledged | ack
         > . 5001:6001 ack 1 win 10000 | partial-ack
         > . 11001:12001 ack 1 win 10000 | send
         < . 1:1 ack 10001 win 50000
         ! Acknowledged | ack
         > . 12001:13001 ack 1 win 10000 | send",
    );
}

/// TR-C40: an ACK with text, with another window or of something else is no duplicate.
/// Mutation: every ACK of SND.UNA is a duplicate.
#[test]
fn what_is_no_duplicate() {
    let mut t = six_in_flight(Offer::No);
    t.run(
        "< P. 1:11 ack 2001 win 50000
         ! Readable | text
         > . 8001:8001 ack 11 win 9990 | text
         < . 11:11 ack 2001 win 49999
         < . 11:11 ack 1001 win 49999
         < . 11:11 ack 2001 win 49999
         > . 8001:9001 ack 11 win 9990 | limited-transmit",
    );
}

/// RFC 6582 section 4: after a timeout duplicates of what was in flight then begin no recovery.
/// Mutation: they do.
#[test]
fn duplicates_after_a_timeout_are_no_new_loss() {
    let mut t = six_in_flight(Offer::No);
    t.run(
        "wait 1s
         timer | retransmission
         > . 2001:3001 ack 1 win 10000 | retransmission
         < . 1:1 ack 2001 win 50000
         < . 1:1 ack 2001 win 50000
         < . 1:1 ack 2001 win 50000
         < . 1:1 ack 2001 win 50000",
    );
}

/// RFC 6675, TR-C48, C49: 2001 and 4001 are lost. The third duplicate: ssthresh = cwnd = 3,000; sent again is 2001.
/// The pipe then: 1,000 of it and 8001 to 10001, 3,000. With 7001 received too 4001 has 3,000 octets past it and is
/// lost: it is the next hole, but the pipe is 1,000 + 2,000 and has no room; with 8001 it is 1,000 + 1,000: 4001 goes
/// out again. 9001: 1,000 + 1,000 and no hole left: 10001, new. What was received is not sent again. The full ACK
/// leaves cwnd at 3,000: two more leave.
/// Mutation: a hole is sent again although the peer has it.
#[test]
fn sack_recovery_by_hand() {
    let mut t = six_in_flight(Offer::Yes);
    t.run(
        "< . 1:1 ack 2001 win 50000 sack 3001:4001
         > . 8001:9001 ack 1 win 10000 | limited-transmit
         < . 1:1 ack 2001 win 50000 sack 5001:6001 sack 3001:4001
         > . 9001:10001 ack 1 win 10000 | limited-transmit
         < . 1:1 ack 2001 win 50000 sack 5001:7001 sack 3001:4001
         > . 2001:3001 ack 1 win 10000 | fast-retransmit
         < . 1:1 ack 2001 win 50000 sack 5001:8001 sack 3001:4001
         < . 1:1 ack 2001 win 50000 sack 5001:9001 sack 3001:4001
         > . 4001:5001 ack 1 win 10000 | hole-resent
         < . 1:1 ack 2001 win 50000 sack 5001:10001 sack 3001:4001
         > . 10001:11001 ack 1 win 10000 | send
         < . 1:1 ack 4001 win 50000 sack 5001:10001
         ! Acknowledged | ack
         > . 11001:12001 ack 1 win 10000 | send
         < . 1:1 ack 10001 win 50000
         ! Acknowledged | ack
         > . 12001:13001 ack 1 win 10000 | send",
    );
}

/// TR-C50, RFC 2018 section 8: a timeout forgets what SACK said, for the peer may have changed its mind: everything
/// is sent again.
/// Mutation: what SACK said is not forgotten.
#[test]
fn a_timeout_forgets_what_sack_said() {
    let mut t = six_in_flight(Offer::Yes);
    t.quietly("< . 1:1 ack 2001 win 50000 sack 3001:4001");
    t.run(
        "wait 1s
         timer | retransmission
         > . 2001:3001 ack 1 win 10000 | retransmission
         < . 1:1 ack 3001 win 50000
         ! Acknowledged | ack
         > . 3001:4001 ack 1 win 10000 | recovery
         > . 4001:5001 ack 1 win 10000 | recovery",
    );
}

/// RFC 6675 NextSeg, rule 4, by hand: of 2001 to 8001, all there is, the first and the last are lost. The third
/// duplicate: ssthresh and cwnd 3,000, pipe 2,000 and the 1,000 that were sent again. One more: pipe 2,000, room for a
/// segment, and nothing to send but what was sent last. Once.
/// Mutation: nobody rescues it.
#[test]
fn the_last_segment_is_rescued_once() {
    let profile = Profile { timestamps: Offer::No, ..Profile::RFC9293 };
    let mut t = Tcp::with_options(&Profile { window_scaling: WindowScaling::Off, ..profile });
    t.quietly("open");
    t.quietly("+100ms");
    t.quietly("< S. 0:1 ack 1 win 50000 mss 1000 sackOK");
    t.quietly("send 8000");
    t.quietly("< . 1:1 ack 1001 win 50000");
    t.quietly("< . 1:1 ack 2001 win 50000");
    t.run(
        "< . 1:1 ack 2001 win 50000 sack 3001:4001
         < . 1:1 ack 2001 win 50000 sack 3001:5001
         < . 1:1 ack 2001 win 50000 sack 3001:6001
         > . 2001:3001 ack 1 win 10000 | fast-retransmit
         < . 1:1 ack 2001 win 50000 sack 3001:7001
         > P. 7001:8001 ack 1 win 10000 | rescue
         < . 1:1 ack 7001 win 50000
         ! Acknowledged | ack
         < . 1:1 ack 8001 win 50000
         ! Acknowledged | ack
         = idle",
    );
}

/// RFC 2883: a block below the ACK, or in another, tells of text that came twice: it is no news of a loss.
/// Mutation: whatever SACK says counts as a duplicate.
#[test]
fn what_came_twice_is_no_duplicate() {
    let mut t = six_in_flight(Offer::Yes);
    for _ in 0..3 {
        t.run("< . 1:1 ack 2001 win 50000 sack 1001:2001");
    }
    t.quietly("< . 1:1 ack 2001 win 50000 sack 3001:5001");
    for _ in 0..3 {
        t.run("< . 1:1 ack 2001 win 50000 sack 3001:4001 sack 3001:5001");
    }
}
