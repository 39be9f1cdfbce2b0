//! Keep-alive: RFC 9293 3.8.4, R67, R68.

use super::*;
use crate::profile::KeepAlive;

const KEEP_ALIVE: KeepAlive =
    KeepAlive { idle: Duration::from_secs(75), interval: Duration::from_secs(10), probes: 2 };

fn tuned(keep_alive: Option<KeepAlive>) -> Tuning {
    Tuning { keep_alive, ..Tuning::default() }
}

/// ESTABLISHED, keep-alive turned on now.
fn kept_alive(profile: &Profile) -> Tcp {
    let mut t = Tcp::established(profile);
    t.tune(tuned(Some(KEEP_ALIVE)));
    t
}

/// MUST-24, MUST-25: off unless a connection asks for it; it can be turned off again.
/// Mutation: it cannot be turned off.
#[test]
fn off_unless_asked_for() {
    Tcp::established(&Profile::WINDOWS).run("= idle");
    let mut t = kept_alive(&Profile::WINDOWS);
    t.tune(Tuning::default());
    t.run("= idle");
}

/// MUST-27, SHLD-12: after the time a segment without text below the window; an answer begins the time anew.
/// Mutation: an answer is not heard.
#[test]
fn an_idle_connection_is_probed() {
    kept_alive(&Profile::RFC9293).run(
        "wait 75s
         timer | keep-alive
         > . 0:0 ack 1 win 10000 | keep-alive
         +1s
         < . 1:1 ack 1
         wait 75s
         timer | keep-alive
         > . 0:0 ack 1 win 10000 | keep-alive",
    );
}

/// MUST-29, R68: one probe without an answer says nothing; after the last the connection is over, and whoever may be
/// there is told by a RST.
/// Mutation: one probe is enough.
#[test]
fn the_last_unanswered_probe_ends_it() {
    let mut t = kept_alive(&Profile::RFC9293);
    t.run(
        "wait 75s
         timer | keep-alive
         > . 0:0 ack 1 win 10000 | keep-alive
         wait 10s
         timer | keep-alive
         > . 0:0 ack 1 win 10000 | keep-alive",
    );
    let mut silent = t.clone();
    t.run(
        "wait 10s
         > R. 1:1 ack 1 | keep-alive-failed
         timer | keep-alive-failed
         ! Ended(KeepAliveFailed) | keep-alive-failed
         ESTABLISHED -> CLOSED | keep-alive-failed
         = idle",
    );
    silent.profile.keep_alive_sends_rst = false;
    silent.run(
        "wait 10s
         timer | keep-alive-failed
         ! Ended(KeepAliveFailed) | keep-alive-failed
         ESTABLISHED -> CLOSED | keep-alive-failed",
    );
}

/// MUST-26: never while something of ours is unacknowledged: retransmission asks already.
/// Mutation: it does not look.
#[test]
fn only_an_idle_connection_is_probed() {
    let mut t = kept_alive(&Profile::RFC9293);
    t.run(
        "+74500ms
         send 10
         > P. 1:11 ack 1 win 10000 | send
         wait 1s
         timer | retransmission
         > P. 1:11 ack 1 win 10000 | retransmission
         < . 1:1 ack 11
         ! Acknowledged | ack
         wait 75s
         timer | keep-alive
         > . 10:10 ack 1 win 10000 | keep-alive",
    );
}

/// What the peer sends shows that it is there, text and probes alike. An orphan is not kept alive.
/// Mutation: an orphan is.
#[test]
fn whatever_comes_counts_and_orphans_are_left_alone() {
    let mut t = kept_alive(&Profile::RFC9293);
    t.run(
        "+74s
         < . 0:0 ack 1
         > . 1:1 ack 1 win 10000 | unacceptable
         +74s
         < P. 1:11 ack 1
         ! Readable | text
         > . 1:1 ack 11 win 9990 | text
         +74s
         read 10",
    );
    t.run(
        "close
         ESTABLISHED -> FIN_WAIT_1 | close
         > F. 1:2 ack 11 win 9990 | close
         < . 11:11 ack 2
         ! Acknowledged | ack
         FIN_WAIT_1 -> FIN_WAIT_2 | fin-acked
         = idle",
    );
}

/// A setting made before the connection is there counts from when it is.
/// Mutation: it is forgotten.
#[test]
fn set_before_the_connection_is_there() {
    let mut t = Tcp::new(&Profile::RFC9293);
    t.quietly("open");
    t.tune(tuned(Some(KEEP_ALIVE)));
    t.quietly("+100ms");
    t.quietly("< S. 0:1 ack 1 win 10000 mss 1000");
    t.run("wait 75s\ntimer | keep-alive\n> . 0:0 ack 1 win 10000 | keep-alive");
}

/// SIO_TCP_SET_ACK_FREQUENCY goes before the profile (R65).
/// Mutation: the profile decides.
#[test]
fn a_connection_says_how_many_segments_an_ack_waits_for() {
    let mut t = Tcp::established(&Profile::RFC9293);
    t.profile.delayed_ack = Profile::RFC9293.delayed_ack;
    t.tune(Tuning { ack_frequency: core::num::NonZeroU8::new(1), ..Tuning::default() });
    t.run("< P. 1:11 ack 1\n! Readable | text\n> . 1:1 ack 11 win 9990 | text\n= idle");
}
