//! Options that change how a connection opens.

use crate::pair::{Pair, TICK, ZERO, answering, every, ms};
use closewait::packet::Flags;
use closewait::profile::{Offer, Profile};
use closewait::tcp::StateName::{Closed, SynReceived};
use closewait::winsock::WsaError;
use closewait_sim::script::{self, Options, Verdict};

fn passes(text: &str) {
    let report = script::run(text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    assert_eq!(report.verdict, Verdict::Passed, "{text}");
}

/// TCP_NOSYNRETRIES: one SYN; connect gives up when the second would leave, after the initial RTO. A RST refuses it at
/// once, also where Windows would try again (R23).
///
/// Mutation: the SYN is sent again.
#[test]
fn tcp_nosynretries_sends_one_syn() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        let end = pair.socket(pair.client);
        assert_eq!(pair.put(end, "TCP_NOSYNRETRIES", 1), ZERO);
        pair.cut();
        pair.connect_waits(end);
        pair.run_to(profile.initial_rto - TICK);
        assert_eq!(pair.returned(end), None);
        pair.run_to(profile.initial_rto);
        assert_eq!(pair.returned(end), Some((profile.initial_rto, Err(WsaError::TimedOut))));
        assert_eq!(pair.wire(end), ["0 S"]);

        let profile = &answering(profile);
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        pair.put(end, "TCP_NOSYNRETRIES", 1).unwrap();
        pair.connect_waits(end);
        pair.rest();
        assert_eq!(pair.returned(end), Some((ms(20), Err(WsaError::ConnRefused))));
        assert_eq!(pair.wire(end), ["0 S"]);
    });
}

/// Of a listener: one SYN+ACK.
///
/// Mutation: the SYN+ACK is sent again.
#[test]
fn tcp_nosynretries_sends_one_syn_ack() {
    every(|profile| {
        let mut pair = Pair::listening(profile, 5);
        assert_eq!(pair.put(pair.listener, "TCP_NOSYNRETRIES", 1), ZERO);
        let end = pair.socket(pair.client);
        pair.put(end, "TCP_NOSYNRETRIES", 1).unwrap();
        pair.connect_waits(end);
        pair.run_to(ms(10));
        pair.cut();
        assert_eq!(pair.state(pair.server), SynReceived);
        pair.run_to(profile.initial_rto + ms(10));
        assert_eq!(pair.wire(pair.server), ["10 S."]);
        assert_eq!(pair.state(pair.server), Closed);
    });
}

/// TCP_TIMESTAMPS, at either end not set, TRUE or FALSE: a SYN has timestamps if they are TRUE, or the profile's and not
/// FALSE; the SYN+ACK answers them unless FALSE, or the profile's FALSE and not TRUE. If both have them every segment
/// does, with the echo of the peer's.
///
/// Mutation: the profile alone decides.
#[test]
fn tcp_timestamps_offers_and_answers() {
    let settings = [None, Some(true), Some(false)];
    for (client, server) in settings.into_iter().flat_map(|c| settings.map(|s| (c, s))) {
        every(|profile| {
            let mut pair = Pair::listening(profile, 5);
            pair.client = pair.socket(pair.client);
            for (end, set) in [(pair.client, client), (pair.listener, server)] {
                if let Some(on) = set {
                    assert_eq!(pair.put(end, "TCP_TIMESTAMPS", i32::from(on)), ZERO);
                }
                let offers = set.unwrap_or(profile.timestamps == Offer::Yes);
                assert_eq!(pair.ask(end, "TCP_TIMESTAMPS"), u32::from(offers));
            }
            let offered = client.unwrap_or(profile.timestamps == Offer::Yes);
            let answered = offered && server.unwrap_or(profile.timestamps != Offer::No);
            pair.connect_waits(pair.client);
            pair.run_to(ms(30));
            pair.server = pair.accept(pair.listener).unwrap();
            pair.send(pair.server, 10);
            pair.run_to(ms(300));
            let stamped = |end| -> Vec<bool> {
                let packets = pair.packets(end);
                packets.iter().map(|(_, packet)| packet.segment.options.timestamps.is_some()).collect()
            };
            assert_eq!(stamped(pair.client), [offered, answered, answered], "SYN, ACK, ACK of the text");
            assert_eq!(stamped(pair.server), [answered, answered], "SYN+ACK, text");
            if answered {
                let [syn, text] = [pair.packets(pair.client)[0].1.clone(), pair.last_packet(pair.server)];
                assert!(syn.segment.flags.contains(Flags::SYN));
                assert!(
                    text.segment.options.timestamps.unwrap().ecr
                        >= syn.segment.options.timestamps.unwrap().val
                );
            }
        });
    }
}

/// TCP_MAXSEG: 536 until connected, 1,220 over IPv6; then what the path and the peer's SYN allow, 1,460 of 1,500; less
/// where the link carries less.
///
/// Mutation: the default is told always.
#[test]
fn tcp_maxseg_is_the_effective_send_mss() {
    every(|profile| {
        let mut pair = Pair::new(profile);
        let end = pair.socket(pair.client);
        assert_eq!(pair.ask(end, "TCP_MAXSEG"), 536);
        let mut pair = Pair::connected(profile);
        assert_eq!([pair.client, pair.server].map(|end| pair.ask(end, "TCP_MAXSEG")), [1460; 2]);
        assert_eq!(pair.ask(pair.listener, "TCP_MAXSEG"), 536);
    });
    for (mtu, version, before, after) in [(1400, "ipv4", 536, 1360), (1400, "ipv6", 1220, 1340)] {
        let family = if version == "ipv4" { "AF_INET" } else { "AF_INET6" };
        passes(&format!(
            "--ip_version={version}
--host=server
--host=client
--link=server,client,mtu={mtu}
 0     server: socket({family}, SOCK_STREAM, IPPROTO_TCP) = 3
+0     server: bind(3, :80) = 0
+0     server: listen(3, 5) = 0
+0     client: socket({family}, SOCK_STREAM, IPPROTO_TCP) = 3
+0     client: getsockopt(3, TCP_MAXSEG) = 0 {{{before}}}
+0...0.020 client: connect(3, server:80) = 0
+0     client: getsockopt(3, TCP_MAXSEG) = 0 {{{after}}}
"
        ));
    }
}

/// TCP_FAIL_CONNECT_ON_ICMP_ERROR: the first ICMP error about the SYN, soft or hard, ends connect with WSAEHOSTUNREACH;
/// nothing is sent. Without it a soft error changes nothing yet (R78). A message about another segment does nothing.
///
/// Mutation: the option is passed over.
#[test]
fn tcp_fail_connect_on_icmp_error() {
    for profile in Profile::ALL {
        for error in ["host_unreachable", "net_unreachable", "port_unreachable"] {
            let opening = |on: u8| {
                format!(
                    "--profile={}
 0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0     setsockopt(3, TCP_FAIL_CONNECT_ON_ICMP_ERROR, {on}) = 0
+0     fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0     connect(3, ..., ...) = -1 EINPROGRESS
+0     > S 0:0(0) <...>
+0.1   < [1:1(0)] icmp unreachable {error}
+0     state(3) == SYN_SENT
+0     < [0:0(0)] icmp unreachable {error}
",
                    profile.name
                )
            };
            passes(&format!(
                "{}+0 state(3) == CLOSED\n+0 getsockopt(3, SO_ERROR) = 0 {{WSAEHOSTUNREACH}}\n+5 close(3) = 0\n",
                opening(1)
            ));
            if error != "port_unreachable" {
                passes(&format!(
                    "{}+0 state(3) == SYN_SENT\n+0.9 > S 0:0(0) <...>\n+0 close(3) = 0\n",
                    opening(0)
                ));
            }
        }
    }
}

/// A DWORD above 2^31 may be written with or without its sign in a scenario, and every row's name is known there.
///
/// Mutation: only the signed number is.
#[test]
fn scenarios_know_the_options() {
    for value in ["4294967295", "-1", "0xffffffff"] {
        passes(&format!(
            "--host=a
0 a: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
0 a: getsockopt(3, SO_CONNECT_TIME) = 0 {{{value}}}
0 a: setsockopt(3, SO_RCVTIMEO, {value}) = 0
0 a: getsockopt(3, SO_RCVTIMEO) = 0 {{{value}}}
"
        ));
    }
    for row in closewait::winsock::options::TABLE {
        let kind = if row.sockets.include(false) { "STREAM" } else { "DGRAM" };
        passes(&format!(
            "--host=a\n0 a: socket(AF_INET, SOCK_{kind}, 0) = 3\n0 a: getsockopt(3, {}) = ...\n",
            row.name
        ));
    }
}

/// What async programs read: four bytes, or the one that Windows writes of SO_KEEPALIVE.
///
/// Mutation: one byte is no number.
#[test]
fn async_programs_read_one_byte() {
    use closewait::winsock::consts;
    let mut world = closewait_sim::World::new(1);
    let host = world.add_host("a", Profile::WINDOWS);
    let (_, thread) = world.spawn_process(host);
    let mut programs = closewait_sim::aio::Programs::new();
    let read = programs.spawn(thread, |ws| async move {
        ws.startup().await?;
        let s = ws.stream().await?;
        for name in [consts::SO_KEEPALIVE, consts::SO_REUSEADDR] {
            ws.set_int(s, name, 1).await?;
        }
        let keep_alive = ws.get_int(s, consts::SO_KEEPALIVE).await?;
        Ok::<_, WsaError>([
            keep_alive,
            ws.get_int(s, consts::SO_REUSEADDR).await?,
            ws.get_int(s, consts::SO_SNDBUF).await?,
        ])
    });
    programs.run(&mut world, &mut closewait_sim::Off).expect("time does not end");
    assert_eq!(read.result(), Some(Ok([1, 1, 65_536])));
}
