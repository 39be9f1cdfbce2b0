//! The delayed ACK: RFC 9293 3.8.6.3, RFC 5681 4.2, R65. And what slow start makes of fewer ACKs: RFC 3465, R66.

use super::*;

/// ESTABLISHED, ACKs delayed as the RFC and Windows do.
fn delaying() -> Tcp {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.profile.delayed_ack = Profile::RFC9293.delayed_ack;
    t
}

/// SHLD-18, MUST-40, WF-10.10: the ACK of one segment waits for 200 ms.
/// Mutation: the wait is counted anew, and so for ever, at each look at the clock.
#[test]
fn one_segment_waits_for_200_ms() {
    delaying().run(
        "< P. 1:11 ack 1
         ! Readable | text
         wait 200ms
         timer | delayed-ack
         > . 1:1 ack 11 win 9990 | delayed-ack
         = idle
         < P. 11:21 ack 1
         ! Readable | text
         wait 200ms
         timer | delayed-ack
         > . 1:1 ack 21 win 9980 | delayed-ack
         = idle",
    );
}

/// SHLD-19: every second segment is acknowledged at once.
/// Mutation: every third.
#[test]
fn the_second_segment_does_not_wait() {
    delaying().run(
        "< . 1:1001 ack 1
         ! Readable | text
         < . 1001:2001 ack 1
         ! Readable | text
         > . 1:1 ack 2001 win 8000 | text
         = idle
         < . 2001:3001 ack 1
         ! Readable | text
         < . 3001:4001 ack 1
         ! Readable | text
         > . 1:1 ack 4001 win 6000 | text
         = idle",
    );
}

/// The time counts from the first segment that waits, however many may.
/// Mutation: it counts from the last.
#[test]
fn the_first_segment_says_when() {
    let mut t = delaying();
    t.profile.delayed_ack.segments = 3;
    t.run(
        "< P. 1:11 ack 1
         ! Readable | text
         +150ms
         < P. 11:21 ack 1
         ! Readable | text
         wait 50ms
         timer | delayed-ack
         > . 1:1 ack 21 win 9980 | delayed-ack
         = idle",
    );
}

/// RFC 9293 3.8.6.3: text, FIN and a window update take the ACK along.
/// Mutation: what leaves does not stop the timer.
#[test]
fn what_leaves_takes_the_ack_along() {
    let mut t = delaying();
    t.run("< P. 1:11 ack 1\n! Readable | text");
    t.clone().run(
        "send 10
         > P. 1:11 ack 11 win 9990 | send
         < . 11:11 ack 11
         ! Acknowledged | ack
         = idle",
    );
    t.run(
        "shut
         ESTABLISHED -> FIN_WAIT_1 | close
         > F. 1:2 ack 11 win 9990 | close
         < . 11:11 ack 2
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked
         = idle",
    );
    let mut t = delaying();
    t.profile.window_update_segments = 1;
    t.run(
        "< P. 1:1001 ack 1
         ! Readable | text
         read 1000
         > . 1:1 ack 1001 win 10000 | window-update
         = idle",
    );
}

/// "2*RMSS bytes of new data": two segments that came in one piece are two.
/// Mutation: they are one.
#[test]
fn a_piece_of_two_segments_does_not_wait() {
    delaying().run(
        "< P. 1:2001 ack 1
         ! Readable | text
         > . 1:1 ack 2001 win 8000 | text
         = idle
         < P. 2001:4000 ack 1
         ! Readable | text
         wait 200ms
         timer | delayed-ack
         > . 1:1 ack 4000 win 6001 | delayed-ack",
    );
}

/// RFC 5681 4.2: at once for what lies past a gap, fills it or a part of it, is known, or ends the stream.
/// Mutation: what fills a gap waits.
#[test]
fn all_but_text_in_order_is_acknowledged_at_once() {
    delaying().run(
        "< . 1001:2001 ack 1
         > . 1:1 ack 1 win 10000 | out-of-order
         < . 1:501 ack 1
         ! Readable | text
         > . 1:1 ack 501 win 9500 | text
         < . 501:1001 ack 1
         ! Readable | text
         > . 1:1 ack 2001 win 8000 | text
         < . 1:1001 ack 1
         > . 1:1 ack 2001 win 8000 | unacceptable
         < F. 2001:2002 ack 1
         ! EndOfStream | fin-received
         > . 1:1 ack 2002 win 8000 | fin-received
         ESTABLISHED -> CLOSE_WAIT | fin-received
         = idle",
    );
}

/// The page says nothing of delays, and the automaton was learned without: there the ACK leaves at once.
/// Mutation: every ACK waits.
#[test]
fn a_profile_can_do_without() {
    for profile in [&Profile::DOCUMENTED, &Profile::WIN8_CAV2016] {
        let mut t = delaying();
        t.profile.delayed_ack = profile.delayed_ack;
        t.run("< P. 1:11 ack 1\n! Readable | text\n> . 1:1 ack 11 win 9990 | text\n= idle");
    }
}

/// RFC 3465 2.2, R66: an ACK of two segments lets the window grow by two, one of three by two as well. By hand: 4,000
/// and 2,000 are 6,000, less 2,000 in flight: 4 segments; 6,000 and 2,000 are 8,000, less 3,000: 5.
/// Mutation: by one segment, however many.
#[test]
fn slow_start_counts_octets() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 30_000);
    t.profile.slow_start_segments = 2;
    t.quietly("send 20000");
    t.run(
        "< . 1:1 ack 2001 win 30000
         ! Acknowledged | ack
         > . 4001:5001 ack 1 win 10000 | send
         > . 5001:6001 ack 1 win 10000 | send
         > . 6001:7001 ack 1 win 10000 | send
         > . 7001:8001 ack 1 win 10000 | send
         < . 1:1 ack 5001 win 30000
         ! Acknowledged | ack
         > . 8001:9001 ack 1 win 10000 | send
         > . 9001:10001 ack 1 win 10000 | send
         > . 10001:11001 ack 1 win 10000 | send
         > . 11001:12001 ack 1 win 10000 | send
         > . 12001:13001 ack 1 win 10000 | send",
    );
}

/// RFC 3465 2.3: after a timeout by one segment, while what was in flight then is outstanding: 1,000 and 1,000.
/// Mutation: by two.
#[test]
fn slow_start_after_a_timeout_counts_segments() {
    let mut t = Tcp::established_to_window(&Profile::RFC9293, 30_000);
    t.profile.slow_start_segments = 2;
    t.quietly("send 20000");
    t.run(
        "wait 1s
         timer | retransmission
         > . 1:1001 ack 1 win 10000 | retransmission
         < . 1:1 ack 2001 win 30000
         ! Acknowledged | ack
         > . 2001:3001 ack 1 win 10000 | recovery
         > . 3001:4001 ack 1 win 10000 | recovery",
    );
}
