//! Many connections in TIME-WAIT that nobody holds: each ends 2 MSL after the last FIN that came for it (RFC 9293
//! 3.10.7.4, eighth; 3.10.8), whatever else comes meanwhile, and whatever happens to the others.

use crate::stack::{Alone, end, plain, read};
use closewait::packet::{Icmp, Message, Packet};
use closewait::profile::{Profile, RstInTimeWait};
use closewait::seq::Seq;
use closewait::tcp::StateName;
use closewait::time::{Duration, Instant};
use closewait_sim::wire::message::quote;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// 2 MSL of [`Profile::RFC9293`].
const TWO_MSL: Duration = Duration::from_secs(240);
/// What a TIME-WAIT of [`wait`] says.
const KEPT: &str = "<SEQ=301><ACK=101><CTL=ACK>";

/// A listener, and nothing else.
fn listening(profile: &Profile) -> Alone {
    Alone::listening(profile, end("10.0.0.1", 1000), end("10.0.0.2", 2000))
}

/// A connection from that port that was closed here first, and let go: SND.NXT 301, RCV.NXT 101. `ts` is the timestamp
/// of all that the peer sent, or nothing.
fn wait(t: &mut Alone, port: u16, ts: &str) {
    t.there = end("10.0.0.2", port);
    t.stack.preset_iss(Seq(299));
    t.gets(&format!("<SEQ=99><CTL=SYN>{ts}"));
    t.gets(&format!("<SEQ=100><ACK=300><CTL=ACK>{ts}"));
    let id = t.stack.accept(t.listener(), 0).expect("it waits").expect("it was not reset");
    t.stack.close(t.now, id, None);
    t.stack.detach(id);
    assert_eq!(t.sent(), ["<SEQ=300><ACK=100><CTL=FIN,ACK>"]);
    assert_eq!(t.gets(&format!("<SEQ=100><ACK=301><CTL=FIN,ACK>{ts}")), [KEPT]);
}

/// Ports that wait, and when each ends, the first first.
fn waiting(t: &Alone) -> Vec<(Instant, u16)> {
    let mut rows: Vec<_> = t
        .stack
        .connections()
        .into_iter()
        .map(|row| {
            assert_eq!(row.state, StateName::TimeWait, "{row:?}");
            (row.deadline.expect("it ends").at, row.remote.port)
        })
        .collect();
    rows.sort_unstable();
    rows
}

/// RFC 6191, TR-C21: the old SYN of a TIME-WAIT that is not the last to end is dropped, and it ends when it would have.
/// Mutation: one that was looked at has no deadline.
#[test]
fn an_old_syn_leaves_the_end_where_it_was() {
    let mut t = listening(&Profile::RFC9293);
    wait(&mut t, 2000, "<TS=500>");
    let first = t.now + TWO_MSL;
    t.pass(Duration::from_secs(10));
    wait(&mut t, 2001, "<TS=500>");
    t.pass(Duration::from_secs(10));
    t.there = end("10.0.0.2", 2000);
    assert!(t.gets("<SEQ=200><CTL=SYN><TS=499>").is_empty(), "it is old by its timestamp");
    assert_eq!(t.stack.next_deadline(), Some(first));
    t.pass(Duration::from_secs(220) - Duration::from_nanos(1));
    assert_eq!(waiting(&t).len(), 2);
    t.pass(Duration::from_nanos(1));
    assert_eq!(waiting(&t), [(first + Duration::from_secs(10), 2001)]);
}

/// R16c: where nobody listens any more the missing connection answers a new SYN, and TIME-WAIT ends when it would have.
/// Mutation: one that was looked at has no deadline.
#[test]
fn a_refused_syn_leaves_the_end_where_it_was() {
    let profile = plain(&Profile::WINDOWS);
    let mut t = listening(&profile);
    wait(&mut t, 2000, "");
    let first = t.now + profile.time_wait;
    t.pass(Duration::from_secs(1));
    wait(&mut t, 2001, "");
    t.stack.close_listener(t.now, t.listener());
    t.pass(Duration::from_secs(10));
    t.there = end("10.0.0.2", 2000);
    assert_eq!(t.gets("<SEQ=200><CTL=SYN>"), ["<SEQ=0><ACK=201><CTL=RST,ACK>"]);
    assert_eq!(t.stack.next_deadline(), Some(first));
    t.pass(first.since(t.now));
    assert_eq!(waiting(&t), [(first + Duration::from_secs(1), 2001)]);
}

/// A user of the stack that lets go of a connection without a CLOSE does not read what was left in it.
/// Mutation: what is put away must have been read.
#[test]
fn what_nobody_reads_goes_with_its_reader() {
    let mut t = listening(&plain(&Profile::RFC9293));
    t.stack.preset_iss(Seq(299));
    t.gets("<SEQ=99><CTL=SYN>");
    t.gets("<SEQ=100><ACK=300><CTL=ACK>");
    let id = t.stack.accept(t.listener(), 0).expect("it waits").expect("it was not reset");
    t.stack.shut_send(t.now, id);
    t.sent();
    assert_eq!(t.gets("<SEQ=100><ACK=301><DATA=5><CTL=FIN,ACK>"), ["<SEQ=301><ACK=106><CTL=ACK>"]);
    assert_eq!(t.stack.state(id).readable(), 5);
    t.stack.detach(id);
    t.stack.assert_invariants();
    assert_eq!(waiting(&t), [(t.now + TWO_MSL, 2000)]);
}

/// What may come for one of them.
#[derive(Clone, Copy, Debug)]
enum Comes {
    /// It begins to wait, if it does not.
    Wait,
    /// The FIN once more: 2 MSL begin anew.
    Fin,
    /// The ACK that is expected.
    Ack,
    /// A segment from before.
    OldAck,
    /// A SYN that its timestamp tells to be old.
    OldSyn,
    /// A new SYN, and its RST: TIME-WAIT returns (MAY-2).
    NewSyn,
    Rst,
    Icmp,
}

/// A port, what comes for it, and how many seconds pass then.
fn events() -> impl Strategy<Value = Vec<(u16, Comes, u64)>> {
    use Comes::*;
    let comes =
        prop::sample::select(vec![Wait, Wait, Wait, Fin, Fin, Ack, OldAck, OldSyn, NewSyn, Rst, Icmp]);
    let seconds = prop_oneof![3 => 0..5_u64, 1 => 0..200_u64];
    prop::collection::vec((2000..2012_u16, comes, seconds), 1..120)
}

/// It comes for the TIME-WAIT between the ends of `t`.
fn comes(t: &mut Alone, comes: Comes) {
    match comes {
        Comes::Wait => {}
        Comes::Fin => assert_eq!(t.gets("<SEQ=100><ACK=301><CTL=FIN,ACK><TS=500>"), [KEPT]),
        Comes::Ack => assert!(t.gets("<SEQ=101><ACK=301><CTL=ACK><TS=500>").is_empty()),
        Comes::OldAck => {
            assert!(t.gets("<SEQ=90><ACK=301><CTL=ACK><TS=500>").len() <= 1, "it may be throttled");
        }
        Comes::OldSyn => assert!(t.gets("<SEQ=200><CTL=SYN><TS=499>").is_empty()),
        Comes::NewSyn => {
            let answer = t.gets("<SEQ=102><CTL=SYN><TS=501>");
            assert!(answer[0].ends_with("<ACK=103><CTL=SYN,ACK>"), "{answer:?}");
            assert!(t.gets("<SEQ=103><CTL=RST>").is_empty());
        }
        Comes::Rst => assert!(t.gets("<SEQ=101><CTL=RST>").is_empty()),
        Comes::Icmp => {
            let lost = Packet { src: t.here, dst: t.there, segment: read(KEPT) };
            let icmp = Icmp::too_big(t.there.ip, quote(&lost), 1000);
            t.stack.deliver_message(t.now, Message::Icmp(icmp));
            assert!(t.sent().is_empty());
        }
    }
}

/// Against a list of ports and times.
fn play(events: Vec<(u16, Comes, u64)>) {
    let mut t = listening(&Profile { rst_in_time_wait: RstInTimeWait::Ignored, ..Profile::RFC9293 });
    let mut model: Vec<(Instant, u16)> = Vec::new();
    for (port, what, seconds) in events {
        t.there = end("10.0.0.2", port);
        let place = model.iter().position(|&(_, p)| p == port);
        match (what, place) {
            (Comes::Wait, None) => {
                wait(&mut t, port, "<TS=500>");
                model.push((t.now + TWO_MSL, port));
            }
            (_, None) => {}
            (_, Some(i)) => {
                comes(&mut t, what);
                if matches!(what, Comes::Fin) {
                    model[i].0 = t.now + TWO_MSL;
                }
            }
        }
        t.stack.assert_invariants();
        model.sort_unstable();
        assert_eq!(waiting(&t), model, "after {what:?} for {port}");
        assert_eq!(t.stack.next_deadline(), model.first().map(|&(at, _)| at), "after {what:?} for {port}");
        t.pass(Duration::from_secs(seconds));
        model.retain(|&(at, _)| at > t.now);
        assert_eq!(waiting(&t), model, "{seconds} s after {what:?} for {port}");
    }
}

/// Mutation: one that was looked at has no deadline.
#[test]
fn each_ends_in_its_time() {
    let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng).run(&events(), |events| {
        play(events);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
