//! Any ICMP message at all: an answer or a drop, never a panic, and the connection's invariants hold.

use closewait::addr::IpAddr;
use closewait::packet::{Icmp, Message, Protocol, Quote};
use closewait::seq::Seq;
use closewait_sim::script::{self, Options, Verdict};
use closewait_sim::{Off, World};

/// A connection with 3,000 bytes outstanding of which the first 1,000 are acknowledged, in a few states.
fn worlds() -> Vec<(World, Seq)> {
    let opened = "\
--profile=rfc9293
 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS
+0     > S 0:0(0) <...>
";
    let sent = "\
+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>
+0     > . 1:1(0) ack 1
+0     send(3, 4000) = 4000
+0     > . 1:1001(1000) ack 1
+0     > . 1001:2001(1000) ack 1
+0     > . 2001:3001(1000) ack 1
+0     > P. 3001:4001(1000) ack 1
+0.1   < . 1:1(0) ack 1001 win 65535
";
    let closed = "+0 close(3) = 0\n+0 > F. 4001:4001(0) ack 1\n";
    let closed_window = "+0 < . 1:1(0) ack 1001 win 0\n";
    let lost = "+0 < . 1:1(0) ack 1001 win 65535 <sack 2001:3001,nop,nop>\n";
    [
        String::new(),
        sent.into(),
        format!("{sent}{closed}"),
        format!("{sent}{closed_window}"),
        format!("{sent}{lost}"),
    ]
    .into_iter()
    .map(|more| {
        let text = format!("{opened}{more}");
        let report = script::run(&text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
        assert_eq!(report.verdict, Verdict::Passed, "{text}");
        let (world, log) = report.run.expect("it ran");
        let host = world.hosts().next().expect("a machine");
        let (_, syn, _) = log.sent(host).next().expect("a SYN");
        let iss = syn.segment.seq;
        (world, iss)
    })
    .collect()
}

/// Mutation: a smaller MSS empties the congestion window.
#[test]
fn no_icmp_message_breaks_a_connection() {
    for (world, iss) in worlds() {
        let ids: Vec<_> = world.hosts().collect();
        let [host, wire] = ids[..] else { panic!("a machine and the wire") };
        let (row, _) = world.netstat(host).connections.remove(0);
        for (kind, code) in (0..16).flat_map(|kind| (0..6).map(move |code| (kind, code))) {
            for mtu in [0, 1, 40, 68, 576, 1499, 65_535, u32::MAX] {
                let mut world = world.clone();
                for (protocol, len) in [(Protocol::Tcp, 0), (Protocol::Tcp, u16::MAX), (Protocol::Udp, 28)] {
                    for offset in [0, 1, 1000, 1001, 1500, 2001, 3001, 4000, 4001, 4002, 1 << 31, u32::MAX] {
                        let seq = iss + offset;
                        let quote = Quote { protocol, src: row.local, dst: row.remote, seq, len };
                        let (src, dst): (IpAddr, IpAddr) = (row.remote.ip, row.local.ip);
                        let icmp = Icmp { src, dst, kind, code, mtu, quote };
                        world.send_message_outside(wire, Message::Icmp(icmp), &mut Off);
                    }
                }
                let now = world.now();
                world.run(Some(now), &mut Off).expect("time does not end");
                world.assert_invariants();
            }
        }
    }
}
