//! Window scaling, timestamps and PAWS (RFC 7323), SACK's receiving side (RFC 2018), new SYNs in TIME-WAIT by their
//! timestamps (RFC 6191). The clock begins at 1,000 s: its first value is 1,000,000.

use super::*;

/// Each option with a switch of its own.
fn profile(window_scaling: WindowScaling, sack: Offer, timestamps: Offer) -> Profile {
    Profile { window_scaling, sack, timestamps, ..Profile::RFC9293 }
}

fn all() -> Profile {
    profile(WindowScaling::Shift(3), Offer::Yes, Offer::Yes)
}

/// ESTABLISHED with every option, the peer's shift 2, its clock 500 at the handshake.
fn established() -> Tcp {
    let mut t = Tcp::with_options(&all());
    t.quietly("open");
    t.quietly("+100ms");
    t.quietly("< S. 0:1 ack 1 win 10000 mss 1000 wscale 2 sackOK TS 500:1000000");
    t.run("= ESTABLISHED");
    t
}

/// TR-C53, TR-C45: each option is used if both SYNs have it; TR-C55: no SYN's window is scaled; TR-C58: every
/// segment has a timestamp then. 10,000 >> 3 is 1,250.
/// Mutation: an option is used as soon as we offer it.
#[test]
fn both_syns_agree_on_each_option() {
    let mut t = Tcp::with_options(&all());
    t.run(
        "open
         > S 0:1 win 10000 mss 1000 wscale 3 sackOK TS 1000000:0 | active-open
         CLOSED -> SYN_SENT | active-open
         +100ms",
    );
    t.clone().run(
        "< S. 0:1 ack 1 win 10000 mss 1000 wscale 2 sackOK TS 500:1000000
         ! Connected | syn-ack
         SYN_SENT -> ESTABLISHED | syn-ack
         > . 1:1 ack 1 win 1250 TS 1000100:500 | syn-ack",
    );
    t.clone().run(
        "< S. 0:1 ack 1 win 10000 mss 1000 wscale 2
         ! Connected | syn-ack
         SYN_SENT -> ESTABLISHED | syn-ack
         > . 1:1 ack 1 win 1250 | syn-ack",
    );
    t.run(
        "< S. 0:1 ack 1 win 10000 mss 1000
         ! Connected | syn-ack
         SYN_SENT -> ESTABLISHED | syn-ack
         > . 1:1 ack 1 win 10000 | syn-ack
         < P. 3:5 ack 1
         > . 1:1 ack 1 win 10000 | out-of-order",
    );
}

/// A SYN+ACK has nothing that the SYN did not offer, and echoes its timestamp.
/// Mutation: a SYN+ACK offers whatever the profile does.
#[test]
fn a_syn_ack_answers_what_the_syn_offers() {
    for (syn, syn_ack) in [
        ("mss 1000", "mss 1000"),
        ("mss 1000 wscale 0", "mss 1000 wscale 3"),
        ("mss 1000 sackOK", "mss 1000 sackOK"),
        ("mss 1000 TS 7:0", "mss 1000 TS 1000000:7"),
        ("mss 1000 wscale 14 sackOK TS 7:0", "mss 1000 wscale 3 sackOK TS 1000000:7"),
    ] {
        let mut t = Tcp::with_options(&all());
        t.run(&format!(
            "< S 0:1 win 500 {syn}
             > S. 0:1 ack 1 win 10000 {syn_ack} | listen-syn
             LISTEN -> SYN_RECEIVED | listen-syn"
        ));
    }
    let asked = profile(WindowScaling::Off, Offer::IfOffered, Offer::No);
    let mut t = Tcp::with_options(&asked);
    t.run(
        "< S 0:1 win 500 mss 1000 wscale 14 sackOK TS 7:0
         > S. 0:1 ack 1 win 10000 mss 1000 sackOK | listen-syn
         LISTEN -> SYN_RECEIVED | listen-syn",
    );
    let mut t = Tcp::with_options(&asked);
    t.run("open\n> S 0:1 win 10000 mss 1000 | active-open\nCLOSED -> SYN_SENT | active-open");
}

/// RFC 7323 2.2: the peer's windows are shifted left, but for a SYN's. With 10 segments of congestion window, 4 << 2
/// octets of 100 leave.
/// Mutation: the peer's windows are taken as they are.
#[test]
fn the_peers_window_is_scaled() {
    let mut t = Tcp::with_options(&profile(WindowScaling::Shift(3), Offer::No, Offer::No));
    t.quietly("< S 0:1 win 4 mss 1000 wscale 2");
    t.quietly("< . 1:1 ack 1 win 4");
    t.run("send 100\n> . 1:17 ack 1 win 1250 | send");
    // A shift of more than 14 is one of 14 (2.3): 1 << 14 holds all the 10,000.
    let mut t = Tcp::with_options(&profile(WindowScaling::Shift(3), Offer::No, Offer::No));
    t.quietly("< S 0:1 win 4 mss 1000 wscale 15");
    t.quietly("< . 1:1 ack 1 win 1");
    t.run("send 900\n> P. 1:901 ack 1 win 1250 | send");
}

/// TR-20, TR-21, RFC 9293 3.1: a window has no sign and 32 bits here: 8 << 14 is 131,072, whose lower 16 bits are 0. Two
/// segments of 40,000 leave, which is the initial congestion window.
/// Mutation: the window is shifted in 16 bits.
#[test]
fn a_scaled_window_is_wider_than_sixteen_bits() {
    let mut t = Tcp::with_options(&profile(WindowScaling::Shift(3), Offer::No, Offer::No));
    t.settings.mss = 40_000;
    t.quietly("< S 0:1 win 10000 mss 40000 wscale 14");
    t.quietly("< . 1:1 ack 1 win 8");
    t.run(
        "send 100000
         > . 1:40001 ack 1 win 1250 | send
         > . 40001:80001 ack 1 win 1250 | send",
    );
}

/// The crossed SYN+ACK is a SYN: its window of 5 is five octets, not 5 << 2; rounded up to what a shift can say, 8.
/// Mutation: the window of a SYN+ACK is scaled.
#[test]
fn a_crossed_syn_acks_window_is_not_scaled() {
    let mut t = Tcp::with_options(&profile(WindowScaling::Shift(3), Offer::No, Offer::No));
    t.quietly("open");
    t.quietly("< S 0:1 win 5 mss 1000 wscale 2");
    t.quietly("< S. 0:1 ack 1 win 5 mss 1000 wscale 2");
    t.run("= ESTABLISHED\nsend 100\n> . 1:9 ack 1 win 1250 | send");
}

/// Our window is shifted right and its edge never moves back: 10,000 octets less 1 are 1,249 eights and 7 octets, and
/// the seven are still taken.
/// Mutation: the edge moves back to what the header can say.
#[test]
fn what_the_shift_cuts_off_stays_promised() {
    let mut t = Tcp::with_options(&profile(WindowScaling::Shift(3), Offer::No, Offer::No));
    t.settings.mss = 20_000;
    t.quietly("< S 0:1 win 10000 mss 20000 wscale 2");
    t.quietly("< . 1:1 ack 1 win 4");
    t.run(
        "< P. 1:2 ack 1
         ! Readable | text
         > . 1:1 ack 2 win 1249 | text
         < P. 2:10001 ack 1
         ! Readable | text
         > . 1:1 ack 10001 win 0 | text",
    );
}

/// TR-C56, RFC 7323 5.3: a segment that is older than the last is acknowledged and dropped, but a RST is not judged
/// by its timestamp; the next one after 24 days is taken.
/// Mutation: a RST is judged by its timestamp.
#[test]
fn old_segments_are_acknowledged_and_dropped() {
    let mut t = established();
    t.run(
        "< P. 1:3 ack 1 TS 499:1000100
         > . 1:1 ack 1 win 1250 TS 1000100:500 | paws
         < P. 1:3 ack 1 TS 500:1000100
         ! Readable | text
         > . 1:1 ack 3 win 1249 TS 1000100:500 | text
         < P. 3:5 ack 1
         drop | no-timestamp
         = ESTABLISHED",
    );
    t.clone().run("< R 3:3 TS 499:0\n! Ended(Reset) | rst-received\nESTABLISHED -> CLOSED | rst-received");
    t.clone().run("< R 3:3\n! Ended(Reset) | rst-received\nESTABLISHED -> CLOSED | rst-received");
    t.now = t.now + Duration::from_secs(24 * 24 * 60 * 60);
    t.quietly("< P. 3:5 ack 1 TS 499:1000100");
    assert_eq!(t.readable(), 4, "no timestamp is recent for longer than 24 days");
}

/// TR-C57, RFC 7323 4.3: TS.Recent comes from segments at or before the last ACK sent, so the echo is that of the
/// segment that fills a gap, not of one past it.
/// Mutation: every newer timestamp is echoed.
#[test]
fn the_echo_is_of_the_segment_that_is_acknowledged() {
    let mut t = established();
    t.run(
        "< P. 3:5 ack 1 TS 510:1000100
         > . 1:1 ack 1 win 1250 TS 1000100:500 sack 3:5 | out-of-order
         < P. 1:3 ack 1 TS 505:1000100
         ! Readable | text
         > . 1:1 ack 5 win 1249 TS 1000100:505 | text
         < P. 5:7 ack 1 TS 520:1000100
         ! Readable | text
         > . 1:1 ack 7 win 1249 TS 1000100:520 | text",
    );
}

/// TR-C58: timestamps are in all segments, a retransmission's its own; RFC 6691: the text of a segment is the MSS less
/// the options, here 1,000 less 12.
/// Mutation: a segment carries the MSS whatever its options.
#[test]
fn options_take_room_from_the_text() {
    let mut t = established();
    t.run(
        "send 1500
         > . 1:989 ack 1 win 1250 TS 1000100:500 | send
         < . 1:1 ack 989 TS 501:1000100
         ! Acknowledged | ack
         > P. 989:1501 ack 1 win 1250 TS 1000100:501 | send",
    );
}

/// RFC 7323 section 4: an ACK of what was sent twice is measured all the same, by its echo. The first RTT was 100 ms:
/// RTO 100 + 4 * 50 is below 1 s, the least; backed off to 2 s; after a round trip of 40 ms it is 1 s again.
/// Mutation: what was sent twice is never measured.
#[test]
fn an_echo_measures_what_was_sent_twice() {
    let mut t = established();
    t.run(
        "send 100
         > P. 1:101 ack 1 win 1250 TS 1000100:500 | send
         wait 1s
         timer | retransmission
         > P. 1:101 ack 1 win 1250 TS 1001100:500 | retransmission
         +40ms
         < . 1:1 ack 101 TS 600:1001100
         ! Acknowledged | ack
         send 100
         > P. 101:201 ack 1 win 1250 TS 1001140:600 | send
         wait 1s
         timer | retransmission
         > P. 101:201 ack 1 win 1250 TS 1002140:600 | retransmission",
    );
}

/// RFC 2018, TR-C46: the most recent block first, none once the gap is closed.
/// Mutation: the oldest block comes first.
#[test]
fn gaps_are_reported() {
    let mut t = Tcp::with_options(&profile(WindowScaling::Off, Offer::Yes, Offer::No));
    t.quietly("< S 0:1 win 10000 mss 1000 sackOK");
    t.quietly("< . 1:1 ack 1");
    t.run(
        "< P. 11:21 ack 1
         > . 1:1 ack 1 win 10000 sack 11:21 | out-of-order
         < P. 31:41 ack 1
         > . 1:1 ack 1 win 10000 sack 31:41 sack 11:21 | out-of-order
         < P. 1:11 ack 1
         ! Readable | text
         > . 1:1 ack 21 win 9980 sack 31:41 | text
         < P. 21:31 ack 1
         ! Readable | text
         > . 1:1 ack 41 win 9960 | text",
    );
}

/// A TIME-WAIT of a connection with timestamps has them in its ACKs, and judges by them. What lies outside the window
/// does not change the echo (RFC 7323 5.3, R2 before R3).
/// Mutation: TIME-WAIT forgets the timestamps.
#[test]
fn time_wait_keeps_the_timestamps() {
    let mut t = established();
    t.quietly("shut");
    t.quietly("< F. 1:2 ack 2 TS 510:1000100");
    t.run(
        "= TIME_WAIT
         < F. 1:2 ack 2 TS 511:1000100
         > . 2:2 ack 2 win 1250 TS 1000100:510 | fin-again
         < . 2:2 ack 2 TS 509:1000100
         > . 2:2 ack 2 win 1250 TS 1000100:510 | paws",
    );
}
