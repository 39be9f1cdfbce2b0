//! Rulings on segments that come at the wrong time: R7b, R16, R16b, R16c, R26, R49, R51, R52, R64, R72.

use crate::pair::{Pair, ZERO, column, every, ms, own_column, secs};
use closewait::packet::{Flags, Packet, Segment};
use closewait::profile::{OldAck, Profile, RstInTimeWait, RstInWindow, SynInWindow};
use closewait::seq::Seq;
use closewait::tcp::StateName::{CloseWait, Closed, Established, FinWait2, SynReceived, TimeWait};
use closewait::winsock::{WsaError, consts};

/// A pair whose server is watched: the link is cut, and segments reach it as if the client had sent them.
struct Watched {
    pair: Pair,
    /// One that it had sent.
    sent: Packet,
    snd_nxt: Seq,
    rcv_nxt: Seq,
}

impl Watched {
    /// ESTABLISHED, with nothing under way, unread or unacknowledged.
    fn established(profile: &Profile) -> Self {
        let mut pair = Pair::connected(profile);
        pair.send(pair.client, 100);
        pair.run_to(ms(500));
        assert_eq!(pair.recv(pair.server), Ok(100));
        assert_eq!(pair.state(pair.server), Established);
        Self::watch(pair)
    }

    /// TIME_WAIT since a second or so, beside a listener on the same port.
    fn time_wait(profile: &Profile) -> Self {
        let mut pair = Pair::connected(profile);
        pair.serves(pair.client);
        assert_eq!(pair.close(pair.server), ZERO);
        pair.run_to(secs(1));
        assert_eq!(pair.both(), [Closed, TimeWait]);
        Self::watch(pair)
    }

    fn watch(mut pair: Pair) -> Self {
        let sent = pair.last_packet(pair.server);
        let (snd_nxt, rcv_nxt) = (sent.segment.seq, sent.segment.ack);
        pair.cut();
        pair.start_here();
        Self { pair, sent, snd_nxt, rcv_nxt }
    }

    fn gets(&mut self, flags: Flags, seq: Seq, ack: Seq) {
        let segment = Segment { wnd: 1000, ..Segment::control(flags, seq, ack) };
        self.pair.answer(self.pair.server, &self.sent, segment);
    }

    /// What it last sent.
    fn said(&self) -> (Flags, Seq, Seq) {
        let Segment { flags, seq, ack, .. } = self.pair.last_packet(self.pair.server).segment;
        (flags, seq, ack)
    }

    /// `<SEQ=SND.NXT><ACK=RCV.NXT>` with these flags.
    fn own(&self, flags: Flags) -> (Flags, Seq, Seq) {
        (flags, self.snd_nxt, self.rcv_nxt)
    }

    fn count(&self) -> usize {
        self.pair.packets(self.pair.server).len()
    }
}

/// R16, R52: a SYN in the window draws a challenge ACK. WIN8: RST+ACK from 0, acknowledging the SYN alone, and the
/// connection is reset. R52's switch: the RST of an abort.
///
/// Mutation: R52's switch is passed over.
#[test]
fn r16_r52_a_syn_in_the_window() {
    every(|profile| {
        let own = own_column(profile, SynInWindow::ChallengeAck, SynInWindow::ResetsAsIfAbsent);
        assert_eq!(profile.syn_in_window, own);
        for rule in [own, SynInWindow::Resets] {
            let mut server = Watched::established(&Profile { syn_in_window: rule, ..profile.clone() });
            let syn = server.rcv_nxt + 10;
            server.gets(Flags::SYN, syn, Seq(0));
            let (said, state) = match rule {
                SynInWindow::ChallengeAck => (server.own(Flags::ACK), Established),
                SynInWindow::Resets => (server.own(Flags::RST | Flags::ACK), Closed),
                SynInWindow::ResetsAsIfAbsent => ((Flags::RST | Flags::ACK, Seq(0), syn + 1), Closed),
            };
            assert_eq!(server.said(), said);
            assert_eq!(server.count(), 1);
            assert_eq!(server.pair.both(), [Established, state]);
            if state == Closed {
                assert_eq!(server.pair.recv(server.pair.server), Err(WsaError::ConnReset));
            }
        }
    });
}

/// R16b: a SYN+ACK is as a SYN. WIN8: RST from SEG.ACK, and the connection is reset.
///
/// Mutation: a SYN+ACK is taken for a SYN.
#[test]
fn r16b_a_syn_ack_in_the_window() {
    every(|profile| {
        let mut server = Watched::established(profile);
        server.gets(Flags::SYN | Flags::ACK, server.rcv_nxt + 10, server.snd_nxt);
        let (flags, seq, _) = server.said();
        assert_eq!(
            (flags, seq),
            own_column(profile, (Flags::ACK, server.snd_nxt), (Flags::RST, server.snd_nxt))
        );
        assert_eq!(server.count(), 1);
        assert_eq!(server.pair.both(), [Established, own_column(profile, Established, Closed)]);
    });
}

/// R16c: a SYN whose number is greater than RCV.NXT ends TIME_WAIT and begins a new connection; RCV.NXT itself does so
/// in WINDOWS alone. What does not is answered as ever.
///
/// Mutation: any number is greater.
#[test]
fn r16c_a_syn_ends_time_wait() {
    every(|profile| {
        for (seq, begins) in
            [(u32::MAX, false), (0, column(profile, false, true)), (1, true), (100_000, true)]
        {
            let mut server = Watched::time_wait(profile);
            let seq = server.rcv_nxt + seq;
            server.gets(Flags::SYN, seq, Seq(0));
            let (flags, _, ack) = server.said();
            if begins {
                assert_eq!((flags, ack), (Flags::SYN | Flags::ACK, seq + 1));
                assert_eq!(server.pair.state(server.pair.server), SynReceived);
            } else {
                assert_eq!(server.said(), server.own(Flags::ACK));
                assert_eq!(server.pair.state(server.pair.server), TimeWait);
            }
        }
    });
}

/// R26: a RST at RCV.NXT ends TIME_WAIT; or, by the profile's field, it does not (RFC 1337). Nothing answers it.
///
/// Mutation: a RST never ends TIME_WAIT.
#[test]
fn r26_a_rst_ends_time_wait() {
    every(|profile| {
        assert_eq!(profile.rst_in_time_wait, RstInTimeWait::Closes);
        for (rule, state) in [(RstInTimeWait::Closes, Closed), (RstInTimeWait::Ignored, TimeWait)] {
            let mut server = Watched::time_wait(&Profile { rst_in_time_wait: rule, ..profile.clone() });
            server.gets(Flags::RST, server.rcv_nxt, Seq(0));
            assert_eq!(server.pair.both(), [Closed, state]);
            assert_eq!(server.count(), 0);
        }
    });
}

/// R51: a RST in the window, but not at RCV.NXT, draws a challenge ACK; or, by the profile's field, it resets.
///
/// Mutation: R51's field is passed over.
#[test]
fn r51_a_rst_in_the_window() {
    every(|profile| {
        assert_eq!(profile.rst_in_window, RstInWindow::ChallengeAck);
        for (rule, state) in [(RstInWindow::ChallengeAck, Established), (RstInWindow::Resets, Closed)] {
            let mut server = Watched::established(&Profile { rst_in_window: rule, ..profile.clone() });
            server.gets(Flags::RST, server.rcv_nxt + 1, Seq(0));
            assert_eq!(server.pair.both(), [Established, state]);
            assert_eq!(server.count(), usize::from(state == Established));
            if state == Established {
                assert_eq!(server.said(), server.own(Flags::ACK));
            }
        }
    });
}

/// R49: of twelve challenges ten are answered; five seconds later there are more.
///
/// Mutation: the throttle allows everything.
#[test]
fn r49_challenges_are_counted() {
    every(|profile| {
        let mut server = Watched::established(profile);
        for _ in 0..12 {
            server.gets(Flags::RST, server.rcv_nxt + 1, Seq(0));
        }
        assert_eq!(server.count(), 10);
        server.pair.run_to(secs(6));
        server.gets(Flags::RST, server.rcv_nxt + 1, Seq(0));
        assert_eq!(server.count(), 11);
        assert_eq!(server.pair.both(), [Established, Established]);
    });
}

/// R64: an ACK in the window of TIME_WAIT: nothing; in RFC9293 an ACK, but for the very ACK that is expected. It stays.
///
/// Mutation: every profile answers.
#[test]
fn r64_time_wait_answers() {
    every(|profile| {
        let mut server = Watched::time_wait(profile);
        server.gets(Flags::ACK, server.rcv_nxt, server.snd_nxt);
        assert_eq!(server.count(), 0, "the ACK that is expected");
        server.gets(Flags::ACK, server.rcv_nxt + 1, server.snd_nxt);
        let answers = profile.name == Profile::RFC9293.name;
        assert_eq!(server.count(), usize::from(answers));
        if answers {
            assert_eq!(server.said(), server.own(Flags::ACK));
        }
        assert_eq!(server.pair.both(), [Closed, TimeWait]);
    });
}

/// R72: text with an ACK that is a million below SND.UNA. DOCUMENTED: the text is taken. WINDOWS: a challenge ACK, and
/// it is not.
///
/// Mutation: R72's field is passed over: WINDOWS's reading always.
#[test]
fn r72_an_ack_that_is_too_old() {
    every(|profile| {
        assert_eq!(profile.old_ack, column(profile, OldAck::Taken, OldAck::ChallengeAck));
        let mut server = Watched::established(profile);
        let end = server.pair.server;
        server.pair.nonblocking(end, true);
        let old = Segment::control(Flags::ACK, server.rcv_nxt, server.snd_nxt - 1_000_000);
        server.pair.answer(end, &server.sent, Segment { wnd: 1000, payload: "0123456789"[..].into(), ..old });
        assert_eq!(server.pair.recv(end), column(profile, Ok(10), Err(WsaError::WouldBlock)));
        server.pair.run_to(secs(1));
        assert_eq!(server.said().2, server.rcv_nxt + column(profile, 10, 0));
        assert_eq!(server.pair.both(), [Established, Established]);
    });
}

/// R7b: in CLOSE_WAIT text beyond the peer's FIN is ignored, though the ACK in its segment counts; the FIN sent again is
/// acknowledged again.
///
/// Mutation: text beyond the FIN resets.
#[test]
fn r7b_nothing_follows_the_peers_fin() {
    every(|profile| {
        let mut pair = Pair::connected(profile);
        assert_eq!(pair.shutdown(pair.client, consts::SD_SEND), ZERO);
        pair.run_to(ms(50));
        assert_eq!(pair.both(), [FinWait2, CloseWait]);
        let mut server = Watched::watch(pair);
        let end = server.pair.server;
        server.pair.send(end, 10);
        assert_eq!(server.pair.rows(end)[0].send_queue, 10);
        let beyond = Segment::control(Flags::ACK, server.rcv_nxt, server.snd_nxt + 10);
        server.pair.answer(end, &server.sent, Segment { wnd: 1000, payload: "more"[..].into(), ..beyond });
        assert_eq!(server.pair.rows(end)[0].send_queue, 0, "its ACK counts");
        assert_eq!(server.pair.recv(end), Ok(0));
        server.snd_nxt += 10;
        server.gets(Flags::FIN | Flags::ACK, server.rcv_nxt - 1, server.snd_nxt);
        assert_eq!(server.said(), server.own(Flags::ACK));
        assert_eq!(server.pair.both(), [FinWait2, CloseWait]);
    });
}
