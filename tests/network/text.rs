//! How a log with UDP and ICMP reads in each format.

use closewait_sim::script::{self, Options, Verdict};
use closewait_sim::trace::{self, What};
use closewait_sim::{Log, World, wire};

/// A datagram for port 54 of the server, where nobody is; port 53 would do.
const NOBODY: &str = "\
--host=server
--host=client
 0     client: socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3
+0     client: bind(3, :5000) = 0
+0     client: sendto(3, 5, server:54) = 5
+0...0.020 client: recvfrom(3, 10) = -1 WSAECONNRESET
";

const MACHINE: &str = "\
--profile=windows
 0     socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     ioctlsocket(3, FIONBIO, 1) = 0
+0     connect(3, 192.0.2.1:8080) = -1 WSAEWOULDBLOCK
+0     > S 0:0(0) <...>
+0.1   < [0:0(0)] icmp unreachable frag_needed mtu 1400
+0.1   < [0:0(0)] icmp unreachable host_unreachable
+0.1   < [0:0(0)] icmp unreachable port_unreachable
+0     state(3) == CLOSED
";

fn run(text: &str) -> (World, Log) {
    let report = script::run(text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    assert_eq!(report.verdict, Verdict::Passed, "{text}");
    report.run.expect("it ran")
}

/// The lengths: 5 bytes of data; ICMP's header of 8 with 20 and 8 bytes of the datagram.
///
/// Mutation: tcpdump's lines are without ICMP.
#[test]
fn tcpdump_has_udp_and_icmp() {
    let (world, log) = run(NOBODY);
    let text = trace::tcpdump(&log, &world);
    let packets: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        packets,
        [
            "00:00:00.000000 IP 10.0.0.2.5000 > 10.0.0.1.54: UDP, length 5",
            "00:00:00.010000 IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.1 udp port 54 unreachable, length 36",
        ]
    );
    let (world, log) = run(MACHINE);
    let text = trace::tcpdump(&log, &world);
    let said: Vec<_> =
        text.lines().filter_map(|line| line.split_once("ICMP ").map(|(_, said)| said)).collect();
    assert_eq!(
        said,
        [
            "192.0.2.1 unreachable - need to frag (mtu 1400), length 36",
            "host 192.0.2.1 unreachable, length 36",
            "192.0.2.1 tcp port 8080 unreachable, length 36",
        ]
    );
}

/// Mutation: the ladder has no arrow for what is no segment.
#[test]
fn the_ladder_has_arrows_for_them() {
    let (world, log) = run(NOBODY);
    let text = trace::ladder(&log, &world).to_text();
    let line = |words: &str| text.lines().find(|line| line.contains(words)).unwrap_or_default();
    assert!(line("udp (5)").contains('◄') && line("udp (5)").contains("datagram (RFC 768)"), "{text}");
    let icmp = "icmp unreachable port_unreachable";
    assert!(line(icmp).contains('►') && line(icmp).contains("nobody-at-port"), "{text}");
    assert!(text.contains(&format!("{icmp} arrives")), "{text}");
}

/// Every datagram is in the capture, as the wire format has it.
///
/// Mutation: the capture has segments alone.
#[test]
fn the_capture_has_them() {
    let (world, log) = run(NOBODY);
    let capture = trace::pcapng(&log, &world);
    let mut messages = 0;
    for entry in log.entries() {
        let What::SentMessage { message, .. } = &entry.what else { continue };
        let bytes = wire::message::encode(message).expect("a datagram");
        assert!(capture.windows(bytes.len()).any(|window| window == bytes), "{message:?}");
        messages += 1;
    }
    assert_eq!(messages, 2);
}

/// A run with ICMP and one with UDP are printed as scenarios that pass.
///
/// Mutation: a message is printed without what it quotes.
#[test]
fn they_are_printed_as_scenarios() {
    for text in [MACHINE, NOBODY] {
        let report = script::run(text, &Options::default()).expect("a scenario");
        let printed = script::print(text, &Options::default(), &report).expect("it can be said");
        run(&printed);
    }
    let report = script::run(MACHINE, &Options::default()).expect("a scenario");
    let printed = script::print(MACHINE, &Options::default(), &report).expect("it can be said");
    for line in
        ["< [0:0(0)] icmp unreachable frag_needed mtu 1400", "< [0:0(0)] icmp unreachable port_unreachable"]
    {
        assert!(printed.contains(line), "{printed}");
    }
}
