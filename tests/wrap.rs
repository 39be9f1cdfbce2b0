//! Connections whose numbers wrap, between two hosts: in the first text, in the middle of a transfer with losses, at
//! the FIN.

mod lossy;

use closewait::packet::Flags;
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::tcp::StateName;
use closewait::time::Duration;
use closewait_sim::trace::What;
use closewait_sim::{HostId, LinkConfig, Log, Probability};
use lossy::{End, Ending, Pair, Plan, build};

/// A run with `bytes` each way, of which both first numbers lie `before` the wrap. The client closes first.
fn run(seed: u64, loss: u32, bytes: usize, before: u32) -> ([HostId; 2], Log) {
    let end = |ending| End { bytes, ending, read: 1 << 20, pause: Duration::ZERO, alone: bytes == 0 };
    let loss = Probability::percent(loss).expect("a percentage");
    let plan = Plan {
        seed,
        profile: &Profile::RFC9293,
        v6: false,
        server: end(Ending::AfterPeer),
        client: end(Ending::Recipe),
        link: LinkConfig { loss, ..LinkConfig::default() },
    };
    let Pair { mut world, mut programs, hosts, seen } = build(&plan);
    for host in hosts {
        world.preset_iss(host, Seq(0) - before);
    }
    let mut log = Log::default();
    programs.run(&mut world, &mut log).expect("time does not end");
    world.assert_invariants();
    assert_eq!(world.next_event(), None, "{plan:?}");
    for seen in seen {
        let seen = seen.borrow();
        assert_eq!((seen.wrong, seen.received, seen.end), (None, bytes, Some(Ok(()))), "{plan:?} {seen:?}");
    }
    for host in hosts {
        let syn = log.sent(host).find(|(_, packet, _)| packet.segment.syn());
        assert_eq!(syn.map(|(_, packet, _)| packet.segment.seq), Some(Seq(0) - before), "the SYN's number");
    }
    (hosts, log)
}

/// The first text crosses the wrap (2^32 - 10), or what is lost and found again does: there are SACK blocks past the
/// wrap beside an acknowledgment before it, and blocks that the wrap parts. RFC 9293 3.4, RFC 2018.
/// Mutation: numbers are compared as they are.
#[test]
fn a_transfer_with_sack_crosses_the_wrap() {
    let (mut beyond, mut across) = (0, 0);
    for (seed, before) in (0..20).flat_map(|seed| [(seed, 10), (seed, 50_000)]) {
        let (hosts, log) = run(seed, 5, 100_000, before);
        for (_, packet, _) in hosts.into_iter().flat_map(|host| log.sent(host)) {
            let high = |seq: Seq| seq.0 > 1 << 31;
            for &(left, right) in packet.segment.options.sack.as_slice() {
                beyond += u32::from(high(packet.segment.ack) && !high(left));
                across += u32::from(high(left) && !high(right));
            }
        }
    }
    assert!(beyond > 0 && across > 0, "{beyond} blocks past the wrap, {across} across it");
}

/// 0 to 12 octets from 2^32 - 10 on: the FIN has a number before the wrap, the last one, 0, or a later one. The client
/// goes through TIME-WAIT; where packets are lost, too.
/// Mutation: numbers are compared as they are.
#[test]
fn fin_and_time_wait_at_the_wrap() {
    use StateName::{
        CloseWait, Closed, Established, FinWait1, FinWait2, LastAck, SynReceived, SynSent, TimeWait,
    };
    for bytes in 0..=12 {
        let ([server, client], log) = run(1, 0, bytes, 10);
        let states: Vec<_> = log.states(client).collect();
        assert_eq!(states, [SynSent, Established, FinWait1, FinWait2, TimeWait, Closed], "{bytes} octets");
        let states: Vec<_> = log.states(server).collect();
        assert_eq!(states, [SynReceived, Established, CloseWait, LastAck, Closed], "{bytes} octets");
        for host in [server, client] {
            let fins = log.sent(host).filter(|(_, packet, _)| packet.segment.flags.contains(Flags::FIN));
            let numbers: Vec<_> = fins.map(|(_, p, _)| p.segment.seq + p.segment.text_len()).collect();
            let expected = Seq(0) - 9 + u32::try_from(bytes).expect("few");
            assert_eq!(numbers, [expected], "{bytes} octets");
        }
    }
    let mut again = 0;
    for (seed, bytes) in (0..10).flat_map(|seed| (0..=12).map(move |bytes| (seed, bytes))) {
        let ([_, client], log) = run(seed, 20, bytes, 10);
        let fin = |e: &&closewait_sim::trace::Entry| {
            let What::Received { packet } = &e.what else { return false };
            e.host == Some(client) && packet.segment.fin()
        };
        again += u32::from(log.entries().iter().filter(fin).count() > 1);
        assert!(log.states(client).any(|state| state == TimeWait), "seed {seed}, {bytes} octets");
    }
    assert!(again > 0, "no FIN came to TIME-WAIT again");
}
