//! What an odd or hostile peer does, and an honest one at the wrap: text that contradicts itself, windows that shrink
//! below what is in flight, clocks that wrap. (Every script crosses the wrap of sequence numbers.)

use super::*;

/// The peer's text, whatever the pattern says.
fn says(t: &mut Tcp, from: u32, letters: &'static str) {
    let mut segment = Segment::control(Flags::ACK, IRS + from, ISS + 1);
    (segment.wnd, segment.payload) = (10_000, Bytes::from_static(letters.as_bytes()));
    t.arrives(segment);
    t.out = Effects::default();
}

fn reads(t: &mut Tcp) -> Bytes {
    let mut got = Bytes::new();
    t.on(|mut state, cx| {
        got = state.receive(100, cx).to_bytes();
        state
    });
    t.out = Effects::default();
    got
}

/// RFC 9293 3.10.7.4 first and seventh: what was received is cut off what comes; so of two copies of an octet that
/// differ the first counts, be it in order, past a gap or between gaps, across the wrap at 6.
/// Mutation: what is in order counts more than what came before it past a gap.
#[test]
fn of_two_copies_of_an_octet_the_first_counts() {
    let mut t = Tcp::established(&Profile::RFC9293);
    says(&mut t, 1, "aaaa");
    says(&mut t, 3, "BBBBBB");
    assert_eq!(reads(&mut t), "aaaaBBBB", "in order");
    says(&mut t, 1, "CCCCCCCCD");
    assert_eq!(reads(&mut t), "D", "after it was read");
    let mut t = Tcp::established(&Profile::RFC9293);
    says(&mut t, 5, "aaaa");
    says(&mut t, 11, "bb");
    says(&mut t, 3, "CCCCCCCCCCCC");
    says(&mut t, 1, "DDDDDD");
    assert_eq!(reads(&mut t), "DDCCaaaaCCbbCC", "5 to 9 and 11 to 13, then 3 to 15, then 1 to 7");
}

/// MUST-34, SHLD-15, SHLD-16: the window shrinks below what is in flight, with an ACK of a part of it. Nothing new
/// leaves; what is sent again is what fits; what was sent past the edge and is acknowledged all the same counts.
/// Mutation: what fits a window that ends before what was sent is counted modulo 2^32.
#[test]
fn an_ack_that_shrinks_the_window_below_what_is_in_flight() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.quietly("send 4000");
    t.run(
        "< . 1:1 ack 1001 win 1500
         ! Acknowledged | ack
         send 3000
         wait 1s
         timer | retransmission
         > . 1001:2001 ack 1 win 10000 | retransmission
         < . 1:1 ack 4001 win 1500
         ! Acknowledged | ack
         > . 4001:5001 ack 1 win 10000 | send",
    );
}

/// RFC 9293 3.8.6.1, MUST-35: a window that shrinks to nothing while text is in flight is probed; when it opens, all
/// is sent again that fits.
/// Mutation: while text is in flight it is sent again, not a probe.
#[test]
fn a_window_that_shrinks_to_nothing_is_probed() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.quietly("send 2000");
    t.run(
        "< . 1:1 ack 1 win 0
         wait 1s
         timer | zero-window-probe
         > . 1:2 ack 1 win 10000 | zero-window-probe",
    );
}

/// RFC 7323 5.2: timestamps are compared modulo 2^32: the peer's next one after 4294967290 is 3, and what is from
/// before the wrap is old then.
/// Mutation: the greater number is the later timestamp.
#[test]
fn the_peers_clock_wraps() {
    let mut t = clocks(50);
    t.run(
        "< P. 1:3 ack 1 TS 3:350
         ! Readable | text
         > . 1:1 ack 3 win 1249 TS 350:3 | text
         < P. 3:5 ack 1 TS 4294967295:350
         > . 1:1 ack 3 win 1249 TS 350:3 | paws
         = ESTABLISHED",
    );
}

/// RFC 7323 section 4, RFC 6298 2.2: the handshake took 400 ms: SRTT 400, RTTVAR 200, RTO 1,200. Text is sent again 50
/// ms before our clock's wrap, and its echo comes 800 ms later: RTTVAR 150 + 100, SRTT 350 + 100, RTO 1,450.
/// Mutation: a clock that is behind its echo has measured nothing.
#[test]
fn our_clock_wraps() {
    let mut t = clocks(1650);
    t.run(
        "send 100
         > P. 1:101 ack 1 win 1250 TS 4294966046:4294967290 | send
         wait 1200ms
         timer | retransmission
         > P. 1:101 ack 1 win 1250 TS 4294967246:4294967290 | retransmission
         +800ms
         < . 1:1 ack 101 TS 20:4294967246
         ! Acknowledged | ack
         send 100
         > P. 101:201 ack 1 win 1250 TS 750:20 | send
         wait 1450ms
         timer | retransmission
         > P. 101:201 ack 1 win 1250 TS 2200:20 | retransmission",
    );
}

/// ESTABLISHED with every option after 400 ms. Our clock wraps so many milliseconds after the SYN; the peer's is about
/// to.
fn clocks(before: u32) -> Tcp {
    let mut t = Tcp::with_options(&Profile {
        window_scaling: WindowScaling::Shift(3),
        sack: Offer::Yes,
        timestamps: Offer::Yes,
        ..Profile::RFC9293
    });
    // The script's clock begins at 1,000 s.
    t.settings.ts_offset = 0_u32.wrapping_sub(before + 1_000_000);
    t.quietly("open");
    t.quietly("+400ms");
    let syn = 0_u32.wrapping_sub(before);
    t.quietly(&format!("< S. 0:1 ack 1 win 10000 mss 1000 wscale 2 sackOK TS 4294967290:{syn}"));
    t.run("= ESTABLISHED");
    t
}
