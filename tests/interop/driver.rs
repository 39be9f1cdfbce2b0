//! What drives both: one clock, in microseconds at one end; deadlines met at their instant; bytes that are no packet.

use crate::pair::{FROM, PORT, text};
use closewait::addr::Endpoint;
use closewait::packet::{Flags, Packet, Segment};
use closewait::seq::Seq;
use closewait::time::{Duration, Instant};
use closewait_sim::aio::Programs;
use closewait_sim::peer::{self, RecvError, Smoltcp, SocketHandle, State, clock};
use closewait_sim::wire::{self, WireError};
use closewait_sim::world::Addresses;
use closewait_sim::{HostId, LinkConfig, Log, Off, Probability, World};

/// Two smoltcp stacks on a link; the second listens.
fn two(config: LinkConfig) -> (World, [HostId; 2], [Smoltcp; 2], [SocketHandle; 2]) {
    let mut world = World::new(1);
    let ends = [0, 1].map(|n| world.add_outside("smoltcp", Addresses::of_host(n)).expect("nobody else's"));
    let link = world.add_link(ends[0], ends[1], config);
    let mut peers = ends.map(|end| Smoltcp::new(&world, end, link));
    let sockets = [0, 1].map(|n| peers[n].socket(65_535, 65_535));
    peers[1].listen(sockets[1], PORT).expect("it is closed");
    let to = Endpoint::new(world.address_v6(ends[1]), PORT);
    peers[0].connect(sockets[0], FROM, to).expect("it is closed");
    (world, ends, peers, sockets)
}

fn run(world: &mut World, peers: &mut [Smoltcp], until: u64, log: &mut Log) {
    peer::run(world, &mut Programs::new(), peers, Some(Instant::from_nanos(until)), log)
        .expect("time is left");
}

fn sent_at(log: &Log, end: HostId) -> Vec<u64> {
    log.sent(end).map(|(entry, ..)| entry.at.as_nanos()).collect()
}

/// Mutation: it is rounded up.
#[test]
fn smoltcps_clock_is_rounded_down() {
    let micros = [0, 999, 1_000, 1_999, u64::MAX].map(|ns| clock(Instant::from_nanos(ns)).total_micros());
    assert_eq!(micros, [0, 0, 1, 1, 18_446_744_073_709_551]);
}

/// RFC 6298: the SYN again after 1 s, then 2 s.
///
/// Mutation: a deadline is a microsecond late.
#[test]
fn a_deadline_is_met_at_its_instant_and_not_a_tick_earlier() {
    let loss = Probability::percent(100).expect("a percentage");
    let (mut world, [end, _], mut peers, _) = two(LinkConfig { loss, ..LinkConfig::default() });
    let mut log = Log::default();
    run(&mut world, &mut peers, 999_999_999, &mut log);
    assert_eq!(sent_at(&log, end), [0]);
    run(&mut world, &mut peers, 1_000_000_000, &mut log);
    assert_eq!(sent_at(&log, end), [0, 1_000_000_000]);
    run(&mut world, &mut peers, 3_000_000_000, &mut log);
    assert_eq!(sent_at(&log, end), [0, 1_000_000_000, 3_000_000_000]);
}

/// What arrives between two of its microseconds arrives in the earlier: its delayed ACK leaves 10 ms after that.
///
/// Mutation: the clock is rounded up.
#[test]
fn between_two_microseconds_the_earlier_counts() {
    let (mut world, [a, b], mut peers, sockets) =
        two(LinkConfig { delay: Duration::from_nanos(1_000_700), ..LinkConfig::default() });
    let mut log = Log::default();
    run(&mut world, &mut peers, 5_000_000, &mut log);
    assert_eq!(sent_at(&log, a), [0, 2_001_400], "SYN, ACK");
    assert_eq!(peers[0].send(sockets[0], b"x"), Ok(1));
    run(&mut world, &mut peers, 50_000_000, &mut log);
    // Sent at the last event, 3,002,100 ns; there after 1,000,700 ns: 4,002,800 ns, which is 4,002 us.
    assert_eq!(sent_at(&log, a)[2..], [3_002_100]);
    assert_eq!(sent_at(&log, b), [1_000_700, 14_002_000], "SYN+ACK, ACK");
}

/// TIME-WAIT ends without a segment: that poll did nothing, so what its program does at once waits for a microsecond.
///
/// Mutation: a stack that did nothing is polled again at once.
#[test]
fn after_a_poll_that_did_nothing_the_clock_moves() {
    let (mut world, [end, _], mut peers, [a, b]) = two(LinkConfig::default());
    let (mut log, mut again) = (Log::default(), None);
    peer::run_while(&mut world, &mut Programs::new(), &mut peers, &mut log, |world, peers| {
        match (peers[0].state(a), peers[1].state(b)) {
            (State::Established, _) => peers[0].close(a),
            (_, State::CloseWait) => peers[1].close(b),
            (State::Closed, _) => {
                again = Some(world.now().as_nanos());
                let to = Endpoint::new(world.address(peers[1].end()), PORT);
                peers[0].connect(a, FROM, to).expect("it is closed");
            }
            (_, _) => {}
        }
        again.is_none_or(|again| world.now().as_nanos() < again + 1_000_000)
    })
    .expect("time does not end");
    // SYN, SYN+ACK, ACK and FIN, ACK and FIN, ACK, each 10 ms after the other, and 10 s.
    assert_eq!(again, Some(10_040_000_000));
    assert_eq!(sent_at(&log, end).last(), Some(&10_040_001_000));
}

/// Peers can be many: each is driven in its turn.
///
/// Mutation: only the first peer takes what has arrived.
#[test]
fn two_smoltcps_talk_to_each_other() {
    let (mut world, _, mut peers, [a, b]) = two(LinkConfig::default());
    let (data, mut sent, mut received, mut ended) = (text(0, 100_000), 0, Vec::new(), None);
    peer::run_while(&mut world, &mut Programs::new(), &mut peers, &mut Off, |world, peers| {
        sent += peers[0].send(a, &data[sent..]).unwrap_or(0);
        if sent == data.len() {
            peers[0].close(a);
        }
        if ended.is_none() && peers[1].look(b).may_recv() | (peers[1].state(b) == State::CloseWait) {
            match peers[1].recv(b) {
                Ok(bytes) => received.extend(bytes),
                Err(error) => ended = Some(error),
            }
        }
        ended.is_none() && world.now() < Instant::from_nanos(10_000_000_000)
    })
    .expect("time does not end");
    assert!(received == data, "{} of {} bytes", received.len(), data.len());
    assert_eq!(ended, Some(RecvError::Finished));
}

/// The stack's MTU is its link's: its MSS says so, and its segments fit.
///
/// Mutation: the stack has the default MTU.
#[test]
fn segments_fit_the_link() {
    let (mut world, ends, mut peers, [a, _]) = two(LinkConfig { mtu: 600, ..LinkConfig::default() });
    let mut log = Log::default();
    run(&mut world, &mut peers, 100_000_000, &mut log);
    assert_eq!(peers[0].send(a, &[7; 5_000]), Ok(5_000));
    run(&mut world, &mut peers, 200_000_000, &mut log);
    let sent: Vec<_> = ends.iter().flat_map(|&end| log.sent(end)).map(|(_, packet, _)| packet).collect();
    // 600 bytes less 40 of IPv6 and 20 of TCP.
    let mss: Vec<_> = sent.iter().filter_map(|packet| packet.segment.options.mss).collect();
    assert_eq!(mss, [540, 540]);
    assert_eq!(sent.iter().map(|packet| wire::length(packet)).max(), Some(600));
}

/// A bit of the Next Header makes a segment another protocol's; smoltcp says so with ICMP, which this world does not
/// carry.
///
/// Mutation: what is no packet is not kept.
#[test]
fn what_is_no_packet_is_kept_and_not_sent() {
    let mut world = World::new(1);
    let forger = world.add_outside("forger", Addresses::of_host(0)).expect("nobody else's addresses");
    let end = world.add_outside("smoltcp", Addresses::of_host(1)).expect("nobody else's addresses");
    let corrupt = Probability::percent(100).expect("a percentage");
    let link = world.add_link(forger, end, LinkConfig { corrupt, ..LinkConfig::default() });
    let mut peers = [Smoltcp::new(&world, end, link)];
    let mut log = Log::default();
    for n in 0..1_000 {
        let (src, dst) =
            (Endpoint::new(world.address_v6(forger), n), Endpoint::new(world.address_v6(end), PORT));
        let packet = Packet { src, dst, segment: Segment::control(Flags::SYN, Seq(1), Seq(0)) };
        world.send_outside(forger, packet, &mut log);
    }
    run(&mut world, &mut peers, 1_000_000_000, &mut log);
    // 8 of the datagram's 480 bits are the Next Header's: about 16 of 1,000.
    let unsent = peers[0].unsent();
    assert!(unsent.len() > 5, "{}", unsent.len());
    for it in unsent {
        assert_eq!(
            (it.at, it.why),
            (Instant::from_nanos(10_000_000), WireError::UnknownProtocol { protocol: 58 })
        );
        assert_eq!(wire::decode(&it.datagram), Err(it.why));
    }
    // 36 are traffic class, flow label and hop limit, which no checksum covers: those SYNs are answered, about 75.
    let answered = log.sent(end).count();
    assert!((30..150).contains(&answered), "{answered}: smoltcp's checksums refuse the others");
}
