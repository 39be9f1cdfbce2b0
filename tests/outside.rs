//! What stands at the end of a link and is no simulated host: packets reach it, and it sends.

use closewait::addr::{Endpoint, IpAddr};
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::Profile;
use closewait::rule::Rule;
use closewait::seq::Seq;
use closewait::time::Instant;
use closewait_sim::link::{Arrival, LinkConfig};
use closewait_sim::trace::What;
use closewait_sim::world::Addresses;
use closewait_sim::{Log, Probability, World, wire};

fn syn(src: Endpoint, dst: Endpoint) -> Packet {
    Packet { src, dst, segment: Segment::control(Flags::SYN, Seq(7), Seq(0)) }
}

#[test]
fn a_packet_goes_there_and_its_answer_comes_back() {
    let (mut world, mut log) = (World::new(1), Log::default());
    let host = world.add_host("host", Profile::RFC9293);
    let addresses = Addresses { v4: [192, 0, 2, 1].into(), v6: "2001:db8::1".parse().expect("an address") };
    let end = world.add_outside("end", addresses).expect("nobody else's address");
    world.add_link(host, end, LinkConfig::default());
    let here = Endpoint::new(world.address(end), 1);
    world.send_outside(end, syn(here, Endpoint::new(world.address(host), 80)), &mut log);
    world.run(None, &mut log).expect("time is left");
    // No connection: RST+ACK of 8 (RFC 9293 3.10.7.1), there after twice 10 ms.
    let Some(Arrival::Packet(answer)) = world.poll_outside(end) else { panic!("an answer") };
    assert_eq!((answer.segment.flags, answer.segment.ack), (Flags::RST | Flags::ACK, Seq(8)));
    assert_eq!(answer.dst, here);
    assert_eq!(world.poll_outside(end), None);
    assert_eq!(world.now(), Instant::from_nanos(20_000_000));
    let said: Vec<_> = log.sent(end).map(|(entry, _, rule)| (entry.at, rule)).collect();
    assert_eq!(said, [(Instant::START, Rule::Outside)]);
}

#[test]
fn what_was_corrupted_arrives_as_bytes() {
    let (mut world, mut log) = (World::new(1), Log::default());
    let end = |n| Addresses::of_host(n);
    let a = world.add_outside("a", end(0)).expect("nobody else's address");
    let b = world.add_outside("b", end(1)).expect("nobody else's address");
    let corrupt = Probability::percent(100).expect("at most 100");
    world.add_link(a, b, LinkConfig { corrupt, ..LinkConfig::default() });
    let packet = syn(Endpoint::new(world.address(a), 1), Endpoint::new(world.address(b), 2));
    world.send_outside(a, packet.clone(), &mut log);
    world.run(None, &mut log).expect("time is left");
    let Some(Arrival::Bytes(bytes)) = world.poll_outside(b) else { panic!("bytes") };
    let sent = wire::encode(&packet).expect("it fits");
    let turned: u32 = bytes.iter().zip(&sent).map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!((bytes.len(), turned), (sent.len(), 1));
    assert!(log.entries().iter().any(|e| matches!(e.what, What::Undecodable { .. } | What::Received { .. })));
}

#[test]
fn an_address_belongs_to_one_host() {
    let mut world = World::new(1);
    let first = Addresses::of_host(0);
    world.add_host("a", Profile::WINDOWS);
    let mixed = Addresses { v6: first.v6, ..Addresses::of_host(8) };
    let taken = world.add_outside("b", mixed).expect_err("it has a's IPv6 address");
    assert_eq!(taken.0, IpAddr::V6(first.v6));
    assert_eq!(taken.to_string(), "fd00::1 is another host's address");
    assert_eq!(world.hosts().count(), 1, "nothing was added");
}
