use super::*;
use crate::script::{Options, Report, run};

/// A handshake, and a hard close with nothing sent.
const HARD: &str = "\
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
+0.010 server: accept(3) = ...
0.1    client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0     client: closesocket(3) = 0
0.110  server: time_wait == 0
";

fn played(text: &str) -> Report {
    run(text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}"))
}

fn drawn(text: &str) -> Ladder {
    let report = played(text);
    let (world, log) = report.run.expect("it ran");
    ladder(&log, &world)
}

/// The rows by hand: RFC 9293's handshake over a link of 10 ms, windows of 65,535 octets shifted by 8 after it, then what CS-D2 says of {1, 0}. The port is the
/// machine's own choice.
#[test]
fn a_handshake_and_a_hard_close() {
    let text = drawn(HARD).to_text();
    let (rows, explained) = text.split_once("\n\n").expect("rows, then what the rules say");
    let port = rows.split("{client:").nth(1).and_then(|rest| rest.split('}').next()).expect("accept's peer");
    let rows = rows.replace(&format!("{{client:{port}}}"), "{client:-----}");
    let expected = "    time server                                                         client  why
0.000000 ├  WSAStartup(0x0202) = 0 {version=0x0202}                          │
         ├  socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 0x100                │
         ├  bind(0x100, :80) = 0                                             │
         ├  listen(0x100, 5) = 0                                             │
         │                          WSAStartup(0x0202) = 0 {version=0x0202}  ┤
         │                socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 0x100  ┤
         │                               connect(0x100, server:80) … blocks  ┤
         │◄───────── S 0:0(0) win 65535 <mss 1460,wscale 8,sackOK> ──────────┤  active-open (RFC 9293 3.10.1)
         │                                                CLOSED → SYN_SENT  │  active-open (RFC 9293 3.10.1)
0.010000 │◄ S 0:0(0) arrives                                                 │
         ├────── S. 0:0(0) ack 1 win 65535 <mss 1460,wscale 8,sackOK> ──────►│  listen-syn (RFC 9293 3.10.7.2)
         │  LISTEN → SYN_RECEIVED                                            │  listen-syn (RFC 9293 3.10.7.2)
0.020000 │                                          S. 0:0(0) ack 1 arrives ►│
         │                                          the socket is connected  │  syn-ack (RFC 9293 3.10.7.3)
         │                                           SYN_SENT → ESTABLISHED  │  syn-ack (RFC 9293 3.10.7.3)
         │◄──────────────────── . 1:1(0) ack 1 win 255 ──────────────────────┤  syn-ack (RFC 9293 3.10.7.3)
         │                        connect(0x100, server:80) = 0, after 20ms  ┤
0.030000 │◄ . 1:1(0) ack 1 arrives                                           │
         │  the socket is connected                                          │  handshake-done (RFC 9293 3.10.7.4)
         │  SYN_RECEIVED → ESTABLISHED                                       │  handshake-done (RFC 9293 3.10.7.4)
         ├  accept(0x100) = 0x104 {client:-----}                             │
0.100000 │                         setsockopt(0x100, SO_LINGER, {1, 0}) = 0  ┤
         │                                           closesocket(0x100) = 0  ┤  hard-close (CS-D2)
         │◄───────────────────── R. 1:1(0) ack 1 win 0 ──────────────────────┤  hard-close (CS-D2)
         │                        the connection is over: this end reset it  │  hard-close (CS-D2)
         │                                             ESTABLISHED → CLOSED  │  hard-close (CS-D2)
0.110000 │◄ R. 1:1(0) ack 1 arrives                                          │
         │  the connection is over: the peer reset it                        │  rst-received (RFC 9293 3.10.7.4 second)
         │  ESTABLISHED → CLOSED                                             │  rst-received (RFC 9293 3.10.7.4 second)";
    for (is, should) in rows.lines().zip(expected.lines()) {
        assert_eq!(is, should);
    }
    assert_eq!(rows.lines().count(), expected.lines().count());
    let rules: Vec<_> = explained.lines().filter_map(|line| line.split(' ').next()).collect();
    let named = ["active-open", "listen-syn", "syn-ack", "handshake-done", "hard-close", "", "rst-received"];
    assert_eq!(rules, named, "in the order of the rows; hard-close takes two lines");
}

/// What the link did to a packet stands on its arrow, which does not reach the other end.
///
/// Mutation: what is lost is not stopped.
#[test]
fn a_stopped_packet_says_why() {
    let with = |op: &str| {
        drawn(&HARD.replace("0.1    client: sets", &format!("0.1 net: {op}\n0.1 client: sets"))).to_text()
    };
    let arrow = |text: &str| {
        let row = text.lines().find(|line| line.contains(" R. 1:1(0) ack 1 win 0")).expect("the RST's row");
        row.split("hard-close").next().expect("the lanes").trim().to_owned()
    };
    let lost = arrow(&with("drop client > R."));
    assert!(
        lost.starts_with("│                 ╳───") && lost.contains(" R. 1:1(0) ack 1 win 0, lost ─"),
        "{lost}"
    );
    let cut = arrow(&with("cut"));
    assert!(cut.contains("╳─") && cut.contains("win 0, the link is cut ─"), "{cut}");
    let corrupt = with("corrupt client > R.");
    assert!(
        arrow(&corrupt).starts_with("│◄──") && arrow(&corrupt).contains("win 0, corrupted ─"),
        "{corrupt}"
    );
    assert!(corrupt.contains("drops a datagram: "), "{corrupt}");
    assert!(with("drop client > R.").contains("═══ net: drop client > R. ═══"));
    assert!(with("cut").contains("═══ the link server – client is cut ═══"));
    assert!(arrow(&with("dup client > R.")).contains("win 0, twice ─"));
}

/// At 0.1 there are five rows, setsockopt's the first of them; the row behind them is the RST's arrival.
#[test]
fn an_excerpt_has_the_rows_up_to_an_instant_and_some_behind_it() {
    let whole = drawn(HARD);
    let rows = |ladder: &Ladder| ladder.paint_rows(&|_, text| text.to_owned()).lines().count() - 1;
    let hundred = Instant::from_nanos(100_000_000);
    let some = whole.around(hundred, 5, 1);
    let text = some.to_text();
    assert_eq!(rows(&some), 6);
    assert!(
        text.lines().nth(1).is_some_and(|line| line.starts_with("0.100000") && line.contains("setsockopt"))
    );
    assert!(
        text.lines().nth(6).is_some_and(|line| line.starts_with("0.110000") && line.contains("R. 1:1(0)"))
    );
    assert!(!text.contains("active-open"), "rules of other rows are left out");
    assert_eq!(rows(&whole.around(hundred, 1000, 1000)), rows(&whole));
    assert!(whole.around(Instant::START, 0, 0).is_empty());
}

/// A third host's line is crossed; with many lanes the words get shorter before they are cut.
#[test]
fn three_lanes_fit_in_120_columns() {
    let three = HARD.replace("--host=client", "--host=third\n--host=client\n--link=server,client");
    let text = drawn(&three).to_text();
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    let syn = text.lines().find(|line| line.contains(" S 0:0(0)")).expect("the SYN's row");
    assert!(syn.contains("│◄──") && syn.contains("──┤"), "{syn}");
    let open = text.lines().find(|line| line.contains("listen(0x100")).expect("a row");
    assert_eq!(open.matches(['│', '├']).count(), 3, "{open}");
    let fourteen: String = (0..12).map(|i| format!("--host=h{i}\n")).collect();
    let wide = drawn(&three.replace("--host=third\n", &fourteen)).to_text();
    assert!(wide.contains(" S 0:0(0)"), "{wide}");
}

/// A host that talks to itself, threads, and control characters: nothing is drawn over the edge.
#[test]
fn one_host_with_two_threads() {
    let text = drawn(
        "--host=one\n\
         0 one: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n\
         +0 one: bind(3, :80) = 0\n\
         +0 one: listen(3, 5) = 0\n\
         +0 one.t2: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4\n\
         +0 one.t2: connect(4, one:80) = 0\n",
    )
    .to_text();
    assert!(text.contains("├  t2: connect(0x104, one:80) … blocks"), "{text}");
    assert!(text.contains("├  t1: listen(0x100, 5) = 0"), "{text}");
    assert!(text.contains(" S 0:0(0) win 65535 <mss 1460,wscale 8,sackOK> to itself"), "{text}");
}

/// A style wraps every piece, and taking it away again leaves the plain text.
#[test]
fn a_style_is_asked_for_every_piece() {
    let ladder = drawn(HARD);
    let painted = ladder.paint(&|style, text| format!("\u{1}{style:?}\u{2}{text}\u{3}"));
    for piece in
        ["Time\u{2}0.100000 \u{3}", "State\u{2}ESTABLISHED → CLOSED\u{3}", "Why\u{2}hard-close (CS-D2)\u{3}"]
    {
        assert!(painted.contains(piece), "{piece}: {painted}");
    }
    let pieces = painted.split('\u{3}').map(|piece| match piece.split_once('\u{1}') {
        Some((between, piece)) => format!("{between}{}", piece.split_once('\u{2}').expect("a style").1),
        None => piece.to_owned(),
    });
    assert_eq!(pieces.collect::<String>(), ladder.to_text());
}

/// The wire of one machine has no delay: a packet is an arrow, and does not arrive in a row of its own.
///
/// Mutation: `at_once` takes nothing.
#[test]
fn what_is_there_at_once_does_not_arrive_again() {
    let text = drawn(
        "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n\
         +0 bind(3, ..., ...) = 0\n\
         +0 listen(3, 1) = 0\n\
         +0 < S 700:700(0) win 65535\n\
         +0 > S. 0:0(0) ack 701\n\
         +0.1 < S 800:800(0) win 65535\n\
         +0 > . 1:1(0) ack 701\n",
    )
    .to_text();
    assert!(!text.contains("arrives"), "{text}");
    assert!(text.contains("│◄─") && text.contains(" S. 0:0(0) ack 1 "), "{text}");
    // The wire's second SYN is no new beginning: it is a hundred past the first.
    assert!(text.contains(" S 100:100(0) "), "{text}");
}
