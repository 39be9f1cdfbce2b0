//! Arbitrary segments and calls, from every TCP state: no panic, every invariant after every event, and RFC 9293
//! 3.10.7.1's answer to every segment for no connection.
//!
//! 5,000 cases each; `CLOSEWAIT_CASES=n` runs n times as many. The cases are the same in every run.

mod scale;
mod throw;

use bytes::Bytes;
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::Profile;
use closewait::seq::Seq;
use closewait::tcp::StateName;
use closewait::time::Duration;
use closewait::winsock::{Call, Handle, consts::*};
use throw::lone::Lone;
use throw::start::{Start, starts};
use throw::two::Two;
use throw::{campaign, throws};

/// Contract 10 for one host. TR-E1 is compared for every segment that meets no connection.
/// Mutation: the RST for a segment with ACK has the number SEG.SEQ.
#[test]
fn a_host_survives_segments_and_calls() {
    campaign(scale::cases(5000), &(starts(), throws()), |(start, throws)| {
        let mut lone = Lone::new(start);
        for throw in &throws {
            lone.throw(throw);
        }
        Ok(())
    });
}

/// Contract 10 for a world of two hosts, which does the same without a log: the same returns, packets, times and states.
/// Mutations: a closed connection keeps its place among those that segments are for; nobody is woken without a log.
#[test]
fn two_hosts_survive_segments_and_calls() {
    let strategy = (starts(), 0..Profile::ALL.len(), throws());
    campaign(scale::cases(5000), &strategy, |(start, other, throws)| {
        let mut two = Two::new(start, other);
        for throw in &throws {
            two.throw(throw);
        }
        two.assert_seen_or_not();
        Ok(())
    });
}

/// Two hosts with one connection between them, ESTABLISHED: handles of the first and the second.
fn connected(profile: usize) -> (Two, Handle, Handle) {
    let start = Start { state: StateName::Established, v6: false, profile, orphan: false, linger: false };
    let two = Two::new(start, profile);
    let (client, server) = (two.handles[0][0], two.handles[1][1]);
    (two, client, server)
}

/// Neither end reads, both send more than the other takes: both probe a closed window, and neither answers the
/// other's answers (draft-gont-tcpm-tcp-seq-validation). RFC 9293 MUST-37: both stay open.
/// Mutation: an ACK has the number after the probe.
#[test]
fn two_closed_windows_do_not_fight() {
    for profile in 0..Profile::ALL.len() {
        let (mut two, client, server) = connected(profile);
        for (host, s) in [(0, client), (1, server)] {
            two.call(host, 0, Call::send(s, Bytes::from(vec![0; 200_000])));
        }
        for _ in 0..20 {
            two.pass(Duration::from_secs(2));
        }
        let before = two.world.steps();
        for _ in 0..20 {
            two.pass(Duration::from_secs(60));
        }
        let steps = two.world.steps() - before;
        assert!(steps < 300, "{steps} events in 20 minutes of two closed windows");
        let netstats: Vec<_> = two.world.hosts().map(|host| two.world.netstat(host)).collect();
        for netstat in netstats {
            assert_eq!(netstat.connections[0].0.state, StateName::Established);
        }
    }
}

/// RFC 9293 MUST-63: a SYN whose source is its destination comes from nobody ("LAND"). Taken, its SYN+ACK would be
/// answered by its own connection, for ever.
/// Mutation: it is taken.
#[test]
fn a_syn_from_its_own_destination_is_ignored() {
    let start = Start { state: StateName::Listen, v6: false, profile: 0, orphan: false, linger: false };
    let mut two = Two::new(start, 0);
    let listener = two.aims[1].local;
    let segment = Segment::control(Flags::SYN, Seq(1), Seq(0));
    two.inject(1, &Packet { src: listener, dst: listener, segment });
    assert_eq!(two.world.next_event(), None, "nothing leaves and nothing waits");
}

/// RFC 9293 MAY-2 (1): a connection that takes the place of one in TIME-WAIT begins past every number that the old
/// one used, however fast that was.
/// Mutation: it begins where the clock says.
#[test]
fn a_reopened_connection_begins_past_the_old_one() {
    let (mut two, client, server) = connected(0);
    // Faster than the clock of initial numbers, which makes 250,000 a second.
    two.call(1, 0, Call::send(server, Bytes::from(vec![0; 3_000_000])));
    for _ in 0..400 {
        two.call(0, 0, Call::recv(client, usize::MAX));
        two.pass(Duration::from_millis(10));
    }
    two.call(1, 0, Call::Shutdown { s: server, how: SD_SEND });
    two.pass(Duration::from_millis(50));
    two.call(0, 0, Call::Shutdown { s: client, how: SD_SEND });
    two.pass(Duration::from_millis(50));
    let (old, remote) = (two.aims[1], two.aims[1].remote);
    let segment = Segment { wnd: u16::MAX, ..Segment::control(Flags::SYN, old.rcv_nxt + 1, Seq(0)) };
    two.inject(1, &Packet { src: remote, dst: old.local, segment });
    let new = two.aims[1];
    assert_eq!(new.rcv_nxt, old.rcv_nxt + 2, "the SYN was taken");
    let ahead = (new.snd_nxt - old.snd_nxt).cast_signed();
    assert!(ahead > 0, "the new connection begins {ahead} past the old one's last number");
}
