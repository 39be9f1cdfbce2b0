//! Canonical forms: what they do not see, what they see, and that hosts of one form have one future.

#[path = "forms/run.rs"]
mod run;
mod scale;

use closewait::form::Exact;
use closewait::packet::Flags;
use closewait::profile::{Offer, Profile, WindowScaling};
use closewait::time::Duration;
use closewait::winsock::HandlePolicy;
use closewait_sim::rng::Stream;
use hashbrown::HashMap;
use run::{Ask, Event, PEERS, Run, Start};
use rustc_hash::FxBuildHasher;

const PLAIN: Start = Start { at: Duration::ZERO, iss: 1 << 30, irs: 5 << 28, clock: 77, junk: 0 };

const POLICIES: [HandlePolicy; 2] = [HandlePolicy::Never, HandlePolicy::LowestFree];

/// Initial numbers anywhere, those of one end far from the other's.
fn a_start(dice: &mut Stream) -> Start {
    let somewhere = dice.below(u32::MAX);
    Start {
        at: Duration::from_millis(u64::from(dice.below(u32::MAX))),
        iss: somewhere.wrapping_add(dice.below(1 << 28)),
        irs: somewhere.wrapping_add(1 << 31).wrapping_add(dice.below(1 << 28)),
        clock: dice.below(u32::MAX),
        junk: 0,
    }
}

fn pick<T: Copy>(dice: &mut Stream, from: &[T]) -> T {
    let n = u32::try_from(from.len()).expect("few");
    from[dice.below(n) as usize]
}

fn a_call(dice: &mut Stream) -> Event {
    let asks = [
        Ask::Socket,
        Ask::Bind,
        Ask::Listen,
        Ask::Accept,
        Ask::Accept,
        Ask::Connect(0),
        Ask::Send(1),
        Ask::Send(3000),
        Ask::Recv(1),
        Ask::Recv(100_000),
        Ask::Shutdown(0),
        Ask::Shutdown(1),
        Ask::Close,
        Ask::Linger(1, 0),
        Ask::Linger(1, 3),
        Ask::NoDelay,
        Ask::NonBlocking,
        Ask::ReceiveBuffer(4000),
        Ask::Error,
        Ask::LastError,
    ];
    let ask = pick(dice, &asks);
    Event::Call { thread: dice.below(3) as usize, ask, on: dice.below(4) as usize }
}

fn a_segment(dice: &mut Stream) -> Event {
    let peer = pick(dice, &[0, 1]);
    let (ack, push) = (Flags::ACK, Flags::ACK | Flags::PSH);
    let flags =
        [Flags::SYN, ack, ack, push, push, Flags::FIN | ack, Flags::SYN | ack, Flags::RST, Flags::RST | ack];
    let flags = pick(dice, &flags);
    let seq = pick(dice, &[0, 0, 0, 0, 1, -1, 500]);
    let acked = pick(dice, &[0, 1, 1, 2, 1000, 3001, -1]);
    let len = if flags.contains(Flags::PSH) { pick(dice, &[1, 1000]) } else { 0 };
    let wnd = pick(dice, &[0, 2000, 60_000, 60_000]);
    Event::Segment { peer, flags, seq, ack: acked, len, wnd }
}

fn any(dice: &mut Stream) -> Event {
    match dice.below(20) {
        0..=7 => a_call(dice),
        8..=15 => a_segment(dice),
        16 => Event::EndThread(dice.below(3) as usize),
        17 => Event::Pass(Duration::from_micros(u64::from(dice.below(300_000)))),
        _ => Event::Deadline,
    }
}

/// A listener, and often connections, so that chance has something to do.
fn opening(dice: &mut Stream) -> Vec<Event> {
    let call = |ask| Event::Call { thread: 0, ask, on: 0 };
    let mut events = vec![call(Ask::Socket), call(Ask::Bind), call(Ask::Listen)];
    for peer in 0..PEERS {
        if dice.below(3) > 0 {
            let segment = |flags, ack| Event::Segment { peer, flags, seq: 0, ack, len: 0, wnd: 60_000 };
            events.extend([segment(Flags::SYN, 0), segment(Flags::ACK, 1), call(Ask::Accept)]);
        }
    }
    events
}

fn forms(run: &Run) -> (Exact, closewait::form::Abstract) {
    (run.host.exact(run.now), run.host.abstracted(run.now))
}

/// Runs that differ in when they begin, in initial numbers and clocks, and in what is long gone have the same forms
/// and do the same.
///
/// Mutation: RCV.NXT is written as it is.
#[test]
fn forms_do_not_see_names_and_numbers() {
    let mut dice = Stream::new(1, "shifted runs");
    for case in 0..scale::cases(150) {
        for profile in Profile::ALL {
            let stamped = Profile { timestamps: Offer::Yes, ..profile.clone() };
            let shifted = Start { junk: dice.below(4), ..a_start(&mut dice) };
            let policy = POLICIES[(case % 2) as usize];
            let [mut one, mut other] = [PLAIN, shifted].map(|start| Run::new(&stamped, policy, start));
            let mut events = opening(&mut dice);
            events.extend((0..40).map(|_| any(&mut dice)));
            for (n, &event) in events.iter().enumerate() {
                let told = [one.event(event), other.event(event)];
                assert_eq!(told[0], told[1], "{} {shifted:?} {:?}", profile.name, &events[..=n]);
                assert!(
                    forms(&one) == forms(&other),
                    "{shifted:?} {:?}\n{:?}",
                    &events[..=n],
                    (one.host.exact(one.now), other.host.exact(other.now))
                );
            }
        }
    }
}

/// What a connection and its users do, in steps each of which shows something.
fn alphabet() -> Vec<Event> {
    let (ack, push) = (Flags::ACK, Flags::ACK | Flags::PSH);
    vec![
        from(0, ack, 0, 0, 0, 60_000),
        from(0, ack, 0, 1, 0, 2_000),
        from(0, ack, 0, 1000, 0, 60_000),
        from(0, push, 0, 0, 1, 60_000),
        from(0, push, 0, 0, 1000, 60_000),
        from(0, push, 500, 0, 1000, 60_000),
        from(0, ack | Flags::FIN, 0, 1, 0, 60_000),
        from(0, Flags::SYN, 0, 0, 0, 60_000),
        from(0, Flags::RST, 0, 0, 0, 0),
        call(Ask::Send(1), 1),
        call(Ask::Send(5000), 1),
        call(Ask::Recv(1), 1),
        call(Ask::Recv(100_000), 1),
        call(Ask::Shutdown(1), 1),
        call(Ask::Close, 1),
        call(Ask::Accept, 0),
        Event::Pass(Duration::from_millis(100)),
        Event::Deadline,
    ]
}

/// Plays events on both; they tell the same, and are of one form after each.
fn go_on_alike(one: &Run, other: &Run, events: &[Event], histories: [&[Event]; 2]) {
    let (mut one, mut other) = (one.clone(), other.clone());
    for run in [&mut one, &mut other] {
        run.forget();
    }
    for &event in events {
        let told = [one.event(event), other.event(event)];
        assert_eq!(told[0], told[1], "{histories:?} then {events:?}");
        assert!(one.host.exact(one.now) == other.host.exact(other.now), "{histories:?} then {events:?}");
    }
}

/// Hosts that came to one Exact form by different ways do the same from there on, and have equal forms all along: by
/// every way of a few steps through [`alphabet`], each meeting followed by every step and by events at random.
///
/// Mutation: what was announced to the peer is no part of the form.
#[test]
fn equal_forms_have_equal_futures() {
    let mut dice = Stream::new(2, "futures");
    // Clocks of timestamps are not told by origins, so there are none.
    let profile = Profile { timestamps: Offer::No, window_scaling: WindowScaling::Off, ..Profile::WINDOWS };
    let start = |dice: &mut Stream, policy| Run::new(&profile, policy, a_start(dice)).without_stamps();
    let mut known: HashMap<Exact, (Run, Vec<Event>), FxBuildHasher> = HashMap::default();
    let mut met = 0;
    let mut frontier = vec![connected(&[0])];
    for depth in 0..4 {
        let mut next = Vec::new();
        for history in &frontier {
            for event in alphabet() {
                let history = [&history[..], &[event]].concat();
                let mut run = start(&mut dice, HandlePolicy::Never);
                for &event in &history {
                    let _ = run.event(event);
                }
                let form = run.host.exact(run.now);
                let Some((other, before)) = known.get(&form) else {
                    known.insert(form, (run, history.clone()));
                    if depth < 2 || dice.below(4) == 0 {
                        next.push(history);
                    }
                    continue;
                };
                met += 1;
                for event in alphabet() {
                    go_on_alike(&run, other, &[event], [&history, before]);
                }
                let random: Vec<_> = (0..6).map(|_| any(&mut dice)).collect();
                go_on_alike(&run, other, &random, [&history, before]);
            }
        }
        frontier = next;
    }
    assert!(met > 1000, "{met} meetings of different histories");
    println!("{met} meetings, {} forms", known.len());
}

fn call(ask: Ask, on: usize) -> Event {
    Event::Call { thread: 0, ask, on }
}

fn from(peer: usize, flags: Flags, seq: i32, ack: i32, len: u16, wnd: u16) -> Event {
    Event::Segment { peer, flags, seq, ack, len, wnd }
}

/// A connection to each of these peers, accepted.
fn connected(peers: &[usize]) -> Vec<Event> {
    let mut events = vec![call(Ask::Socket, 0), call(Ask::Bind, 0), call(Ask::Listen, 0)];
    for &peer in peers {
        events.extend([from(peer, Flags::SYN, 0, 0, 0, 60_000), from(peer, Flags::ACK, 0, 1, 0, 60_000)]);
        events.push(call(Ask::Accept, 0));
    }
    events
}

fn after(policy: HandlePolicy, events: &[Event]) -> (Exact, closewait::form::Abstract) {
    let mut run = Run::new(&Profile::WINDOWS, policy, PLAIN).without_stamps();
    for &event in events {
        let _ = run.event(event);
    }
    forms(&run)
}

/// What it is about, what happens in one run, what in the other, and whether the Exact and the Abstract forms differ.
type Row = (&'static str, Vec<Event>, Vec<Event>, (bool, bool));

/// What each form sees: row by row.
///
/// Mutation: the abstract form has the times at which timers fire.
#[test]
fn each_form_sees_what_its_table_says() {
    const EXACT: (bool, bool) = (true, false);
    const BOTH: (bool, bool) = (true, true);
    const NONE: (bool, bool) = (false, false);
    let ms = Duration::from_millis;
    let ack = Flags::ACK;
    let on = 1;
    let waits = |thread| Event::Call { thread, ask: Ask::Recv(1), on };
    let sent = call(Ask::Send(1), on);
    let rows: &[Row] = &[
        ("time, and no timer runs", vec![Event::Pass(ms(5000))], vec![], NONE),
        ("time, and a timer runs", vec![sent, Event::Pass(ms(1))], vec![sent], EXACT),
        ("octets that were read", vec![from(0, ack, 0, 0, 9, 60_000), call(Ask::Recv(9), on)], vec![], BOTH),
        ("octets sent and acknowledged", vec![sent, from(0, ack, 0, 1, 0, 60_000)], vec![], EXACT),
        (
            "a round trip",
            vec![sent, Event::Pass(ms(50)), from(0, ack, 0, 1, 0, 60_000)],
            vec![sent, Event::Pass(ms(60)), from(0, ack, 0, 1, 0, 60_000)],
            EXACT,
        ),
        ("an octet unacknowledged", vec![sent], vec![], BOTH),
        ("an octet more", vec![sent, sent], vec![sent], BOTH),
        ("an octet unread", vec![from(0, ack, 0, 0, 1, 60_000)], vec![], BOTH),
        (
            "17 octets unread, and 18",
            vec![from(0, ack, 0, 0, 17, 60_000)],
            vec![from(0, ack, 0, 0, 18, 60_000)],
            EXACT,
        ),
        ("an octet past a gap", vec![from(0, ack, 9, 0, 1, 60_000)], vec![], BOTH),
        ("the gap", vec![from(0, ack, 9, 0, 1, 60_000)], vec![from(0, ack, 8, 0, 1, 60_000)], BOTH),
        ("the peer's window", vec![from(0, ack, 0, 0, 0, 2_000)], vec![], BOTH),
        ("a challenge ACK", vec![from(0, Flags::SYN, 0, 0, 0, 0)], vec![], BOTH),
        ("one, long ago", vec![from(0, Flags::SYN, 0, 0, 0, 0), Event::Pass(ms(5000))], vec![], NONE),
        ("the peer's FIN", vec![from(0, ack | Flags::FIN, 0, 0, 0, 60_000)], vec![], BOTH),
        ("our FIN", vec![call(Ask::Shutdown(1), on)], vec![], BOTH),
        ("no receiving", vec![call(Ask::Shutdown(0), on)], vec![], BOTH),
        ("a reset", vec![from(0, Flags::RST, 0, 0, 0, 0)], vec![], BOTH),
        ("a half-open connection", vec![from(1, Flags::SYN, 0, 0, 0, 60_000)], vec![], BOTH),
        (
            "a connection that waits",
            vec![from(1, Flags::SYN, 0, 0, 0, 60_000), from(1, ack, 0, 1, 0, 60_000)],
            vec![],
            BOTH,
        ),
        ("SO_LINGER", vec![call(Ask::Linger(1, 3), on)], vec![], BOTH),
        ("its seconds", vec![call(Ask::Linger(1, 3), on)], vec![call(Ask::Linger(1, 4), on)], BOTH),
        ("TCP_NODELAY", vec![call(Ask::NoDelay, on)], vec![], BOTH),
        ("FIONBIO", vec![call(Ask::NonBlocking, on)], vec![], BOTH),
        ("SO_RCVBUF", vec![call(Ask::ReceiveBuffer(4_000), on)], vec![], BOTH),
        ("a call that waits", vec![waits(0)], vec![], BOTH),
        ("the thread of it", vec![waits(0)], vec![waits(1)], BOTH),
        ("a call that ended with its thread", vec![waits(2), Event::EndThread(2)], vec![], NONE),
        ("a last error", vec![call(Ask::Bind, on)], vec![], EXACT),
        ("a socket", vec![call(Ask::Socket, 0)], vec![], BOTH),
        ("a socket that was closed", vec![call(Ask::Socket, 0), call(Ask::Close, 2)], vec![], NONE),
    ];
    for (name, one, other, differ) in rows {
        let [one, other] =
            [one, other].map(|then| after(HandlePolicy::Never, &[&connected(&[0])[..], &then[..]].concat()));
        assert_eq!((one.0 != other.0, one.1 != other.1), *differ, "{name}\n{:?}\n{:?}", one.1, other.1);
    }
}

/// Whose deadline comes first at one instant depends on the slots of connections, and what a handle's value is on the
/// lowest that is free: so what comes next belongs to the Exact form, and only as far as it matters.
///
/// Mutation: the next handles are no part of the form.
#[test]
fn an_exact_form_knows_what_comes_next() {
    let reset_first = |peers: &[usize]| {
        let mut events = connected(peers);
        events.extend([from(0, Flags::RST, 0, 0, 0, 0), call(Ask::Close, 1)]);
        events
    };
    let never = |events: &[Event]| after(HandlePolicy::Never, events);
    let (hole, none) = (never(&reset_first(&[0, 1])), never(&connected(&[1])));
    assert!(hole.0 != none.0 && hole.1 == none.1, "the next connection's slot lies before the other");
    let mut last = connected(&[1, 0]);
    last.extend([from(0, Flags::RST, 0, 0, 0, 0), call(Ask::Close, 2)]);
    assert!(never(&last) == none, "the next connection's slot lies after the other, as a new one would");

    let lowest = |events: &[Event]| after(HandlePolicy::LowestFree, events);
    let two = [call(Ask::Socket, 0), call(Ask::Socket, 0)];
    let close = |on| [&two[..], &[call(Ask::Close, on)]].concat();
    let one = lowest(&two[..1]);
    assert!(
        lowest(&close(0)).0 != one.0 && lowest(&close(0)).1 == one.1,
        "the next handle is below the other"
    );
    assert!(lowest(&close(1)) == one, "the next handle is above the other, as a new one would be");
    assert!(never(&close(0)) == never(&two[..1]), "no value comes back");
}
