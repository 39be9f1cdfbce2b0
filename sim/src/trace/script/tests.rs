use super::*;
use crate::link::LinkConfig;
use crate::script::{Options, Verdict, run};
use crate::world::Addresses;
use closewait::addr::Endpoint;
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, Handle, HandlePolicy, consts};

#[test]
fn lengths_have_the_largest_unit_in_which_they_are_whole() {
    for (nanos, text) in [
        (0, "0ns"),
        (1, "1ns"),
        (1_500, "1500ns"),
        (250_000, "250us"),
        (10_000_000, "10ms"),
        (60_000_000_000, "60s"),
    ] {
        assert_eq!(Duration::from_nanos(nanos).in_units(), text);
    }
}

/// One machine and a script that plays the wire: its packets are `<`, the machine's `>`, and no line has a lane.
#[test]
fn one_machine_and_the_wire() {
    let (mut world, mut log) = (World::new(1), Log::default());
    let ends =
        |n: u8| Addresses { v4: [192, 0, 2, n].into(), v6: closewait::addr::Ipv6Addr::from(u128::from(n)) };
    let host = world.add_host_at("machine", Profile::WINDOWS, ends(1)).expect("a new address");
    let wire = world.add_outside("wire", ends(2)).expect("a new address");
    world.add_link(host, wire, LinkConfig::IDEAL);
    let (_, thread) = world.spawn_process_with(host, HandlePolicy::Never);
    let s = Handle(0x100);
    let here = Endpoint::new(world.address(host), 8080);
    let there = Endpoint::new(world.address(wire), 49_152);
    for call in [
        Call::startup(0x0202),
        Call::Socket { family: consts::AF_INET, kind: consts::SOCK_STREAM, protocol: consts::IPPROTO_TCP },
        Call::bind(s, Endpoint::new(closewait::addr::wildcard_like(here.ip), 8080)),
        Call::Listen { s, backlog: 1 },
    ] {
        let _ = world.call(thread, call, &mut log);
    }
    world.advance_to(Instant::from_nanos(250_000_000));
    let mut segment = Segment::control(Flags::SYN, Seq(0), Seq(0));
    segment.wnd = 9_000;
    world.send_outside(wire, Packet { src: there, dst: here, segment }, &mut log);
    world.run(Some(Instant::from_nanos(250_000_000)), &mut log).expect("time is left");
    let heading = Heading { title: "A SYN.", seed: 1, before: &world, settings: "", wire: Some(wire) };
    let text = script(&log, &world, &heading).expect("a scenario");
    assert_eq!(
        text,
        "\
// A SYN.
--seed=1
--profile=windows
0.000000               socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
0.000000               bind(3, :8080) = 0
0.000000               listen(3, 1) = 0
0.250000               < S 0:0(0) win 9000
0.250000               > S. 0:0(0) ack 1 win 65535 <mss 1460>
"
    );
    let report = run(&text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}"));
    assert_eq!(report.verdict, Verdict::Passed);
}
