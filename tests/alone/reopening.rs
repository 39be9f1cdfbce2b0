//! A SYN for a connection in TIME-WAIT: RFC 9293 3.6.1 (MAY-2, SHLD-4) and RFC 6191; and what becomes of a connection
//! whose TIME-WAIT was cut short, by the figures of RFC 1337. TR-5, TR-6, TR-C6 to TR-C9, TR-C17 to TR-C21.

use crate::stack::{Alone, end, plain};
use bytes::Bytes;
use closewait::profile::{Offer, Profile, RstInTimeWait, RstInWindow};
use closewait::seq::Seq;
use closewait::stack::Sharing;
use closewait::tcp::StateName::{Established, Listen, SynReceived, SynSent, TimeWait};
use closewait::time::Duration;

const NOTHING: [&str; 0] = [];
/// What TIME-WAIT answers to a SYN that it does not make room for (RFC 9293 3.10.7.4 fourth).
const KEPT: [&str; 1] = ["<SEQ=301><ACK=101><CTL=ACK>"];

/// A listener, and a connection of it that was closed here first: SND.NXT 301, RCV.NXT 101. `ts` is the timestamp of
/// all that the peer sent, `<TS=500>`, or nothing.
fn time_wait(profile: &Profile, ts: &str) -> Alone {
    let mut t = Alone::listening(profile, end("10.0.0.1", 1000), end("10.0.0.2", 2000));
    t.stack.preset_iss(Seq(299));
    t.gets(&format!("<SEQ=99><CTL=SYN>{ts}"));
    t.gets(&format!("<SEQ=100><ACK=300><CTL=ACK>{ts}"));
    let id = t.id();
    t.stack.shut_send(t.now, id);
    assert_eq!(t.sent(), ["<SEQ=300><ACK=100><CTL=FIN,ACK>"]);
    assert_eq!(t.gets(&format!("<SEQ=100><ACK=301><CTL=FIN,ACK>{ts}")), KEPT);
    assert_eq!(t.state(), TimeWait);
    t
}

/// What a SYN comes to: whether it begins a connection. If not, it is answered by [`KEPT`].
fn reopens(t: &mut Alone, syn: &str) -> bool {
    reopens_or(t, syn, &KEPT)
}

/// If not, it is answered by `kept`.
fn reopens_or(t: &mut Alone, syn: &str, kept: &[&str]) -> bool {
    t.stack.preset_iss(Seq(5000));
    let answer = t.gets(syn);
    let reopened = t.state() == SynReceived;
    if reopened {
        assert!(answer[0].starts_with("<SEQ=5000>") && answer[0].ends_with("<CTL=SYN,ACK>"), "{answer:?}");
    } else {
        assert_eq!(t.state(), TimeWait, "after {syn}");
        assert_eq!(answer, kept, "after {syn}");
    }
    reopened
}

/// TR-5, TR-C6, MAY-2 (1): a SYN whose number is greater than any of the old connection begins a new one, whose own
/// number is greater than any that was used here, even where the clock would say less. A smaller one does not. RCV.NXT
/// itself is taken for no greater number, but by Windows (R16c).
/// Mutation: any number is greater.
#[test]
fn a_greater_number_reopens() {
    let profile = plain(&Profile::RFC9293);
    for (seq, greater) in [(102, true), (101, false), (100, false), (99, false), (4_000_000_000_u32, false)] {
        let mut t = time_wait(&profile, "");
        assert_eq!(reopens(&mut t, &format!("<SEQ={seq}><CTL=SYN>")), greater, "{seq}");
    }
    let mut t = time_wait(&profile, "");
    t.stack.preset_iss(Seq(200));
    assert_eq!(t.gets("<SEQ=102><CTL=SYN>"), ["<SEQ=302><ACK=103><CTL=SYN,ACK>"]);
    assert_eq!(t.gets("<SEQ=103><ACK=303><CTL=ACK>"), NOTHING);
    assert_eq!(t.state(), Established);
    let mut t = time_wait(&plain(&Profile::WINDOWS), "");
    assert!(reopens(&mut t, "<SEQ=101><CTL=SYN>"));
}

/// TR-5, TR-C6, MAY-2 (2): the peer resets what its SYN began: that was an old duplicate, and TIME-WAIT goes on as long
/// as it would have. Windows, as it was seen, forgets it.
/// Mutation: the connection that made room is forgotten.
#[test]
fn an_old_duplicate_returns_to_time_wait() {
    let mut t = time_wait(&plain(&Profile::RFC9293), "");
    t.pass(Duration::from_secs(100));
    assert!(reopens(&mut t, "<SEQ=102><CTL=SYN>"));
    assert_eq!(t.gets("<SEQ=103><CTL=RST>"), NOTHING);
    assert_eq!(t.state(), TimeWait);
    assert_eq!(t.gets("<SEQ=100><ACK=301><CTL=FIN,ACK>"), KEPT);
    t.pass(Duration::from_secs(240) - Duration::from_nanos(1));
    assert_eq!(t.state(), TimeWait, "the FIN began 2 MSL anew");
    t.pass(Duration::from_nanos(1));
    assert_eq!(t.state(), Listen);

    let mut t = time_wait(&plain(&Profile::RFC9293), "");
    t.pass(Duration::from_secs(100));
    assert!(reopens(&mut t, "<SEQ=102><CTL=SYN>"));
    t.gets("<SEQ=103><CTL=RST>");
    t.pass(Duration::from_secs(140) - Duration::from_nanos(1));
    assert_eq!(t.state(), TimeWait);
    t.pass(Duration::from_nanos(1));
    assert_eq!(t.state(), Listen);

    // It would have ended before the RST came.
    let mut t = time_wait(&plain(&Profile::RFC9293), "");
    t.pass(Duration::from_secs(239));
    assert!(reopens(&mut t, "<SEQ=102><CTL=SYN>"));
    t.pass(Duration::from_secs(2));
    t.gets("<SEQ=103><CTL=RST>");
    assert_eq!(t.stack.next_deadline(), Some(t.now));
    t.pass(Duration::ZERO);
    assert_eq!(t.state(), Listen);

    let mut t = time_wait(&plain(&Profile::WINDOWS), "");
    assert!(reopens(&mut t, "<SEQ=102><CTL=SYN>"));
    t.gets("<SEQ=103><CTL=RST>");
    assert_eq!(t.state(), Listen);
}

/// TR-5: a listener whose backlog is full does not take the SYN, and TIME-WAIT stays. Windows refuses it (R22).
/// Mutation: room is made for a SYN that is then refused.
#[test]
fn a_full_backlog_leaves_time_wait() {
    for (profile, answer) in
        [(Profile::RFC9293, KEPT[0]), (Profile::WINDOWS, "<SEQ=0><ACK=103><CTL=RST,ACK>")]
    {
        let mut t = time_wait(&plain(&profile), "");
        t.stack.set_backlog(t.listener(), 1);
        assert_eq!(t.gets("<SEQ=102><CTL=SYN>"), [answer], "{}", profile.name);
        assert_eq!(t.state(), TimeWait);
    }
}

/// TR-6, TR-C17, SHLD-4: the previous connection had timestamps; a newer one is enough, whatever the number.
/// Mutation: the number decides.
#[test]
fn a_newer_timestamp_reopens() {
    for seq in [50, 101, 4_000_000_000_u32] {
        let mut t = time_wait(&Profile::RFC9293, "<TS=500>");
        assert!(reopens(&mut t, &format!("<SEQ={seq}><CTL=SYN><TS=501>")), "{seq}");
    }
}

/// TR-C18: an equal timestamp and a greater number. With one that is not greater nothing is answered (TR-C21).
/// Mutation: an equal timestamp is newer.
#[test]
fn an_equal_timestamp_leaves_it_to_the_number() {
    for (seq, greater) in [(102, true), (101, false)] {
        let mut t = time_wait(&Profile::RFC9293, "<TS=500>");
        let syn = format!("<SEQ={seq}><CTL=SYN><TS=500>");
        assert_eq!(reopens_or(&mut t, &syn, &NOTHING), greater, "{seq}");
    }
}

/// TR-C19: a SYN without a timestamp goes by its number, whether or not the previous connection had them. If it had, what
/// lacks one is dropped in silence (RFC 7323 3.2).
/// Mutation: a SYN without a timestamp is never taken where the previous connection had them.
#[test]
fn without_a_timestamp_the_number_decides() {
    let kept: [(&str, &[&str]); 2] = [("<TS=500>", &NOTHING), ("", &KEPT)];
    for (ts, kept) in kept {
        for (seq, greater) in [(102, true), (101, false)] {
            let mut t = time_wait(&Profile::RFC9293, ts);
            assert_eq!(reopens_or(&mut t, &format!("<SEQ={seq}><CTL=SYN>"), kept), greater, "{seq} {ts}");
        }
    }
}

/// TR-C20: the previous connection had none, the new one will: it is taken. Where this end would not use them a
/// timestamp says nothing, and the number decides.
/// Mutation: a timestamp counts that this end would not use.
#[test]
fn a_timestamp_where_there_was_none_reopens() {
    let mut t = time_wait(&Profile::RFC9293, "");
    assert!(reopens(&mut t, "<SEQ=50><CTL=SYN><TS=1>"));
    let without = Profile { timestamps: Offer::No, ..Profile::RFC9293 };
    for (seq, greater) in [(102, true), (50, false)] {
        let mut t = time_wait(&without, "");
        assert_eq!(reopens(&mut t, &format!("<SEQ={seq}><CTL=SYN><TS=1>")), greater, "{seq}");
    }
}

/// TR-C21: any other SYN leaves the connection in TIME-WAIT. One with a timestamp is dropped in silence (RFC 6191
/// section 2; RFC 9293 3.10.7.4 first, which answers others, says that it does not speak of these). Where nobody listens
/// nobody asks for a connection: the connection in TIME-WAIT answers as ever (RFC 7323 5.3).
/// Mutation: an older timestamp counts as a newer one.
#[test]
fn an_older_timestamp_does_not_reopen() {
    let mut t = time_wait(&Profile::RFC9293, "<TS=500>");
    assert!(!reopens_or(&mut t, "<SEQ=102><CTL=SYN><TS=499>", &NOTHING));
    let mut closed = time_wait(&Profile::RFC9293, "<TS=500>");
    closed.stack.set_backlog(closed.listener(), 0);
    assert!(!reopens(&mut closed, "<SEQ=102><CTL=SYN><TS=499>"));
    t.pass(Duration::from_secs(240) - Duration::from_nanos(1));
    assert_eq!(t.state(), TimeWait, "2 MSL go on");
    t.pass(Duration::from_nanos(1));
    assert_eq!(t.state(), Listen);
}

/// RFC 1337 figure 1, TR-C7, TR-C8: an old duplicate draws an ACK, the ACK a RST from an end that knows nothing, and
/// that ends TIME-WAIT; F1, as a switch: it does not. With timestamps (F2) the duplicate is answered all the same.
/// Mutation: the switch is not asked.
#[test]
fn time_wait_assassination() {
    for (rst_in_time_wait, ts, after) in [
        (RstInTimeWait::Closes, "", Listen),
        (RstInTimeWait::Ignored, "", TimeWait),
        (RstInTimeWait::Closes, "<TS=500>", Listen),
    ] {
        let mut t = time_wait(&Profile { rst_in_time_wait, ..Profile::RFC9293 }, ts);
        assert_eq!(t.gets(&format!("<SEQ=55><ACK=33><CTL=ACK>{ts}")), KEPT); // 5.1, 5.2
        assert_eq!(t.gets("<SEQ=101><CTL=RST>"), NOTHING); // 5.3
        assert_eq!(t.state(), after);
    }
}

/// RFC 1337's ESTABLISHED ends: A sends from 400 to B, which has sent up to 101.
fn established(profile: &Profile) -> (Alone, Alone) {
    let (a, b) = (end("10.0.0.2", 2000), end("10.0.0.1", 1000));
    let (mut a, mut b) = (Alone::new(profile, a, b), Alone::listening(profile, b, a));
    a.stack.preset_iss(Seq(399));
    b.stack.preset_iss(Seq(100));
    a.open(Sharing::Default);
    assert_eq!(a.sent(), ["<SEQ=399><CTL=SYN>"]);
    assert_eq!(b.gets("<SEQ=399><CTL=SYN>"), ["<SEQ=100><ACK=400><CTL=SYN,ACK>"]);
    assert_eq!(a.gets("<SEQ=100><ACK=400><CTL=SYN,ACK>"), ["<SEQ=400><ACK=101><CTL=ACK>"]);
    assert_eq!(b.gets("<SEQ=400><ACK=101><CTL=ACK>"), NOTHING);
    (a, b)
}

fn send(t: &mut Alone, len: usize) -> Vec<String> {
    let id = t.id();
    assert!(t.stack.send(t.now, id, Bytes::from(vec![1; len])));
    t.sent()
}

/// RFC 1337 figures 2 and 3, TR-C9: after a TIME-WAIT that was cut short old text that lies in the window is taken
/// (H1), its acknowledgment is of what was not sent, and each end answers the other's ACK (H2). Not for ever: ten each
/// (RFC 5961 section 7).
/// Mutation: the throttle allows everything.
#[test]
fn hazards_one_and_two() {
    let (mut a, mut b) = established(&plain(&Profile::RFC9293));
    assert_eq!(send(&mut a, 100), ["<SEQ=400><ACK=101><DATA=100><CTL=ACK>"]); // line 1
    assert_eq!(b.gets("<SEQ=400><ACK=101><DATA=100><CTL=ACK>"), ["<SEQ=101><ACK=500><CTL=ACK>"]); // 2
    assert_eq!(b.gets("<SEQ=560><ACK=101><DATA=80><CTL=ACK>"), ["<SEQ=101><ACK=500><CTL=ACK>"]); // 3, 4
    assert_eq!(a.gets("<SEQ=101><ACK=500><CTL=ACK>"), NOTHING);
    assert_eq!(send(&mut a, 100), ["<SEQ=500><ACK=101><DATA=100><CTL=ACK>"]); // 5
    let beyond = "<SEQ=101><ACK=640><CTL=ACK>";
    assert_eq!(b.gets("<SEQ=500><ACK=101><DATA=100><CTL=ACK>"), [beyond]); // 6: 40 octets of another connection
    for _ in 0..10 {
        assert_eq!(a.gets(beyond), ["<SEQ=600><ACK=101><CTL=ACK>"]); // 8b
        assert_eq!(b.gets("<SEQ=600><ACK=101><CTL=ACK>"), [beyond]); // 9b
    }
    assert_eq!(a.gets(beyond), NOTHING);
    assert_eq!(b.gets("<SEQ=600><ACK=101><CTL=ACK>"), NOTHING);
    assert_eq!((a.state(), b.state()), (Established, Established));
}

/// RFC 1337 figure 4, TR-C9: an old ACK in SYN-SENT draws a RST that lies in the window of B's new connection, and the
/// connection dies after it seemed to be open (H3). With RFC 5961 only a RST at RCV.NXT would do that.
/// Mutation: a RST in the window is always taken.
#[test]
fn hazard_three() {
    for (rst_in_window, survives) in [(RstInWindow::Resets, false), (RstInWindow::ChallengeAck, true)] {
        let profile = Profile { rst_in_window, ..plain(&Profile::RFC9293) };
        let (a, b) = (end("10.0.0.2", 2000), end("10.0.0.1", 1000));
        let (mut a, mut b) = (Alone::new(&profile, a, b), Alone::listening(&profile, b, a));
        a.stack.preset_iss(Seq(100));
        b.stack.preset_iss(Seq(400));
        a.open(Sharing::Default);
        assert_eq!(a.sent(), ["<SEQ=100><CTL=SYN>"]); // line 2
        assert_eq!(b.gets("<SEQ=100><CTL=SYN>"), ["<SEQ=400><ACK=101><CTL=SYN,ACK>"]); // 3
        assert_eq!(a.gets("<SEQ=300><ACK=123><CTL=ACK>"), ["<SEQ=123><CTL=RST>"]); // 4, 5
        assert_eq!(a.state(), SynSent);
        let challenge: &[&str] = if survives { &["<SEQ=401><ACK=101><CTL=ACK>"] } else { &[] };
        assert_eq!(b.gets("<SEQ=123><CTL=RST>"), challenge);
        assert_eq!(b.state(), if survives { SynReceived } else { Listen });
        assert_eq!(a.gets("<SEQ=400><ACK=101><CTL=SYN,ACK>"), ["<SEQ=101><ACK=401><CTL=ACK>"]); // 6, 7
        let answer = b.gets("<SEQ=101><ACK=401><CTL=ACK>");
        if survives {
            assert_eq!((answer.len(), b.state()), (0, Established));
        } else {
            assert_eq!(answer, ["<SEQ=401><CTL=RST>"]); // 8
            assert_eq!(a.gets("<SEQ=401><CTL=RST>"), NOTHING);
            assert_eq!(a.stack.connections(), []);
        }
    }
}
