use super::*;
use crate::script::{Options as Given, run};
use bytes::Bytes;
use closewait::packet::Segment;

const HARD: &str = "\
--host=server
--host=client
 0     server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.020 client: connect(3, server:80) = 0
0.1    client: send(3, 100) = 100
+0     client: setsockopt(3, SO_LINGER, {1, 0}) = 0
+0     net: drop client > R.
+0     client: closesocket(3) = 0
";

/// The text by hand; only the two initial numbers and the client's port are the run's own.
#[test]
fn a_handshake_a_send_and_a_hard_close() {
    let report = run(HARD, &Given::default()).unwrap_or_else(|d| panic!("{d:?}"));
    let (world, log) = report.run.expect("it ran");
    let packets: Vec<_> = world.hosts().flat_map(|id| log.sent(id)).collect();
    let syn = |port: bool| {
        let mut syns = packets.iter().filter(|(_, p, _)| p.segment.syn() && (p.src.port == 80) == port);
        syns.next().map(|(_, packet, _)| (packet.src.port, packet.segment.seq.0))
    };
    let (Some((port, client)), Some((80, server))) = (syn(false), syn(true)) else {
        panic!("SYN and SYN+ACK")
    };
    let (c, s) = (format!("10.0.0.2.{port}"), "10.0.0.1.80");
    let expected = format!(
        "\
# 00:00:00.000000 server: WSAStartup(0x0202) = 0 {{version=0x0202}} [completed (Winsock 2)]
# 00:00:00.000000 server: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 0x100 [completed (Winsock 2)]
# 00:00:00.000000 server: bind(0x100, :80) = 0 [completed (Winsock 2)]
# 00:00:00.000000 server: listen(0x100, 5) = 0 [completed (Winsock 2)]
# 00:00:00.000000 client: WSAStartup(0x0202) = 0 {{version=0x0202}} [completed (Winsock 2)]
# 00:00:00.000000 client: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 0x100 [completed (Winsock 2)]
00:00:00.000000 IP {c} > {s}: Flags [S], seq {client}, win 65535, options [mss 1460,nop,wscale 8,nop,nop,sackOK], length 0
# 00:00:00.000000 client: connect(0x100, server:80) blocks
00:00:00.010000 IP {s} > {c}: Flags [S.], seq {server}, ack {}, win 65535, options [mss 1460,nop,wscale 8,nop,nop,sackOK], length 0
00:00:00.020000 IP {c} > {s}: Flags [.], ack 1, win 255, length 0
# 00:00:00.020000 client: connect(0x100, server:80) = 0 [completed (Winsock 2)]
00:00:00.100000 IP {c} > {s}: Flags [P.], seq 1:101, ack 1, win 255, length 100
# 00:00:00.100000 client: send(0x100, 100) = 100 [completed (Winsock 2)]
# 00:00:00.100000 client: setsockopt(0x100, SO_LINGER, {{1, 0}}) = 0 [completed (Winsock 2)]
# 00:00:00.100000 net: drop client > R.
00:00:00.100000 IP {c} > {s}: Flags [R.], seq 101, ack 1, win 0, length 0
# 00:00:00.100000 it is lost
# 00:00:00.100000 client: closesocket(0x100) = 0 [hard-close (CS-D2, CS-E4, CS-E11)]
",
        client.wrapping_add(1)
    );
    assert_eq!(tcpdump(&log, &world), expected);
}

fn packet(flags: Flags, seq: u32, ack: u32, v6: bool, back: bool) -> Packet {
    let ip = |n| if v6 { IpAddr::V6(std::net::Ipv6Addr::from(n)) } else { IpAddr::V4([10, 0, 0, 1].into()) };
    let (a, b) = (Endpoint::new(ip(1), 1), Endpoint::new(ip(2), 2));
    let (src, dst) = if back { (b, a) } else { (a, b) };
    Packet { src, dst, segment: Segment::control(flags, Seq(seq), Seq(ack)) }
}

fn dumped(packets: &[Packet]) -> Vec<String> {
    let world = World::new(1);
    let mut dump = Dump { places: Places::new(&world), bases: BTreeMap::new(), calls: BTreeMap::new() };
    packets.iter().map(|p| dump.packet(p)).collect()
}

/// tcpdump's habits: a segment without ACK keeps its own numbers; a connection that is met in the middle counts from
/// what is met first.
#[test]
fn numbers_are_relative_where_tcpdump_has_them_so() {
    let ack = Flags::ACK;
    let bare = packet(Flags::RST, 777, 0, false, false);
    let met = packet(ack, 1_000, 5_000, false, false);
    let mut next = packet(ack | Flags::PSH, u32::MAX, 1_010, true, true);
    next.segment.payload = Bytes::from_static(b"abc");
    let said = dumped(&[bare, met, packet(ack | Flags::FIN, 5_007, 1_003, false, true), next.clone(), next]);
    let words = |i: usize| said[i].split(": ").nth(1).expect("what follows the addresses");
    assert_eq!(words(0), "Flags [R], seq 777, win 0, length 0");
    assert_eq!(words(1), "Flags [.], ack 5000, win 0, length 0");
    // 5007 is eight past 4999, which is one before what the first acknowledged; 1003 is three past 1000.
    assert_eq!(words(2), "Flags [F.], seq 8, ack 3, win 0, length 0");
    assert_eq!(said[3], "IP6 ::2.2 > ::1.1: Flags [P.], seq 4294967295:2, ack 1010, win 0, length 3");
    assert_eq!(words(4), "Flags [P.], seq 0:3, ack 1, win 0, length 3");
}

#[test]
fn flags_and_clocks_are_written_as_tcpdump_does() {
    assert_eq!(flags(Flags::all()), "FSRP.UEW");
    assert_eq!(flags(Flags::empty()), "none");
    let mut urgent = packet(Flags::URG | Flags::ACK, 1, 1, false, false);
    urgent.segment.urg = 9;
    assert!(dumped(&[urgent])[0].ends_with("Flags [.U], ack 1, win 0, urg 9, length 0"));
    assert_eq!(clock(Instant::from_nanos(10_000_000)), "00:00:00.010000");
    assert_eq!(clock(Instant::from_nanos(3_723_000_000_001)), "01:02:03.000000001");
    assert_eq!(clock(Instant::from_nanos(360_000_000_000_000)), "100:00:00.000000");
}
