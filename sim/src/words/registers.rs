//! The tester: three registers that say which numbers are valid, and what the machine's numbers are called.

use super::alphabet::{Class, Input, Output};
use super::form::{Known, Place};
use crate::rng::Stream;
use closewait::packet::{Flags, Segment};
use closewait::seq::Seq;
use std::collections::BTreeSet;

/// The window that the tester announces, in bytes.
const WINDOW: u16 = 8192;

/// What the tester knows.
#[derive(Clone, Debug)]
pub(super) struct Registers {
    /// The number that the machine expects next.
    mine: Option<Seq>,
    /// The last number that the machine used.
    sut: Option<Seq>,
    /// A fresh number that was sent and not yet answered.
    proposed: Option<Seq>,
    /// What `mine` was last.
    last_mine: Option<Seq>,
    /// What counts once only: flags, number, and what is acknowledged, or nothing for text.
    seen: BTreeSet<(Flags, u32, Option<u32>)>,
    numbers: Stream,
}

impl Registers {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            mine: None,
            sut: None,
            proposed: None,
            last_mine: None,
            seen: BTreeSet::new(),
            numbers: Stream::new(seed, "words tester"),
        }
    }

    /// What is known, relative to these of the machine's and of the tester's numbers.
    pub(super) fn form(&self, origins: Option<(Seq, Seq)>) -> Known {
        // Nothing is proposed between inputs.
        let Self { mine, sut, proposed: _, last_mine, seen, numbers: _ } = self;
        let (ours, theirs) = origins.unzip();
        let again = |&&(_, seq, _): &&(Flags, u32, Option<u32>)| matches!(Place::of(Some(Seq(seq)), ours), Place::Near(n) if n >= 0);
        let place = |&(flags, seq, ack): &(Flags, u32, Option<u32>)| {
            (flags, Place::of(Some(Seq(seq)), ours), ack.map(|ack| Place::of(Some(Seq(ack)), theirs)))
        };
        Known {
            mine: Place::of(*mine, theirs),
            sut: Place::of(*sut, ours),
            last_mine: Place::of(*last_mine, theirs),
            seen: seen.iter().filter(again).map(place).collect(),
        }
    }

    /// A number near which the machine's own must not lie.
    pub(super) fn near(&self) -> Seq {
        self.last_mine.unwrap_or_default()
    }

    /// The segment of that name, its numbers valid.
    pub(super) fn segment(&mut self, flags: Flags, text: bytes::Bytes) -> Segment {
        let has_ack = flags.contains(Flags::ACK);
        let seq = match self.mine {
            Some(mine) => mine,
            None if has_ack => Seq(0),
            None => self.fresh(),
        };
        let ack = match self.sut {
            _ if !has_ack => Seq(self.any()),
            Some(sut) => sut + 1,
            None => Seq(0),
        };
        if flags.contains(Flags::RST) {
            (self.mine, self.sut, self.proposed) = (None, None, None);
        } else if self.mine.is_none() {
            self.proposed = Some(seq);
        }
        Segment { wnd: WINDOW, payload: text, ..Segment::control(flags, seq, ack) }
    }

    fn any(&mut self) -> u32 {
        1_000 + self.numbers.below(64_536)
    }

    /// Well above all that the machine knows of the tester.
    fn fresh(&mut self) -> Seq {
        match self.last_mine {
            Some(mine) => mine + (70_000 + self.numbers.below(30_001)),
            None => Seq(self.any()),
        }
    }

    /// What the machine's segments, all of one instant, are called: the last that is not sent again.
    pub(super) fn hear(&mut self, input: Input, emitted: &[Segment]) -> Output {
        let mut last = None;
        for segment in emitted {
            if self.is_new(segment) {
                last = Some(segment);
            }
        }
        let output = match last {
            Some(segment) => {
                let output = self.name(segment);
                self.update(input, segment);
                output
            }
            None => Output::Timeout,
        };
        self.proposed = None;
        output
    }

    /// Pure ACKs and RSTs always count; what else was sent before in this word does not.
    fn is_new(&mut self, segment: &Segment) -> bool {
        const FIN_ACK: Flags = Flags::FIN.union(Flags::ACK);
        const SYN_ACK: Flags = Flags::SYN.union(Flags::ACK);
        const PSH_ACK: Flags = Flags::PSH.union(Flags::ACK);
        let Segment { flags, seq, ack, .. } = *segment;
        match flags {
            PSH_ACK if segment.text_len() > 0 => self.seen.insert((flags, seq.0, None)),
            Flags::SYN | SYN_ACK | FIN_ACK | Flags::PSH | PSH_ACK => {
                self.seen.insert((flags, seq.0, Some(ack.0)))
            }
            _ => true,
        }
    }

    fn name(&self, segment: &Segment) -> Output {
        let is = |register: Option<Seq>, plus: u32, n: Seq| register.is_some_and(|r| r + plus == n);
        let seq = match segment.seq {
            n if is(self.sut, 1, n) => Class::Next,
            n if is(self.sut, 0, n) => Class::Current,
            Seq(0) => Class::Zero,
            _ => Class::Fresh,
        };
        let ack = match segment.ack {
            n if is(self.mine, 1, n) || is(self.proposed, 1, n) => Class::Next,
            n if is(self.mine, 0, n) => Class::Current,
            Seq(0) => Class::Zero,
            _ => Class::Fresh,
        };
        let len = u16::try_from(segment.text_len()).unwrap_or(u16::MAX);
        Output::Segment { flags: segment.flags, seq, ack, len }
    }

    /// What the tester learns from a segment; the first rule that applies.
    fn update(&mut self, input: Input, segment: &Segment) {
        let (seq, ack) = (segment.seq, segment.ack);
        let has = |flag| segment.flags.contains(flag);
        let sent_syn_ack = match input {
            Input::Segment { flags, .. } => flags.contains(Flags::SYN | Flags::ACK),
            Input::Listen
            | Input::Accept
            | Input::Connect
            | Input::Receive
            | Input::Send
            | Input::Close
            | Input::CloseConnection => false,
        };
        if sent_syn_ack && has(Flags::RST) {
            return;
        }
        if has(Flags::RST) || self.proposed.is_some_and(|p| ack != p + 1) {
            (self.mine, self.sut) = (None, None);
            return;
        }
        if self.proposed.is_some() || self.sut.is_some_and(|sut| seq == sut + 1) {
            if has(Flags::SYN) || has(Flags::FIN) {
                self.sut = Some(seq + segment.text_len());
            } else if has(Flags::PSH) {
                self.sut = self.sut.map(|sut| sut + segment.text_len());
            }
            self.set_mine(ack);
        } else if has(Flags::SYN) {
            self.sut = Some(seq);
            if ack != Seq(0) {
                self.set_mine(ack);
            }
        }
    }

    fn set_mine(&mut self, mine: Seq) {
        self.mine = Some(mine);
        self.last_mine = Some(mine);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const SYN: Input = Input::Segment { flags: Flags::SYN, len: 0 };
    const SYN_ACK: Flags = Flags::SYN.union(Flags::ACK);

    fn hear(registers: &mut Registers, segments: &[Segment]) -> String {
        registers.hear(Input::Send, segments).to_string()
    }

    /// A connection: `mine` is the tester's number after its SYN, `sut` 7,000,000.
    fn connected() -> (Registers, Seq) {
        let mut registers = Registers::new(1);
        let syn = registers.segment(Flags::SYN, Bytes::new());
        let answer = Segment::control(SYN_ACK, Seq(7_000_000), syn.seq + 1);
        assert_eq!(registers.hear(SYN, &[answer]).to_string(), "ACK+SYN(FRESH,NEXT,0)");
        (registers, syn.seq + 1)
    }

    #[test]
    fn numbers_are_drawn_from_their_ranges() {
        for seed in 0..500 {
            let mut registers = Registers::new(seed);
            let syn = registers.segment(Flags::SYN, Bytes::new());
            assert!(
                (1_000..=65_535).contains(&syn.seq.0) && (1_000..=65_535).contains(&syn.ack.0),
                "{syn:?}"
            );
            let ack = registers.segment(Flags::ACK, Bytes::new());
            assert_eq!((ack.seq, ack.ack), (Seq(0), Seq(0)), "nothing is known");
            registers.mine = Some(Seq(u32::MAX));
            registers.last_mine = registers.mine;
            let rst = registers.segment(Flags::RST, Bytes::new());
            assert_eq!(rst.seq, Seq(u32::MAX));
            let syn = registers.segment(Flags::SYN, Bytes::new());
            assert!((69_999..=99_999).contains(&syn.seq.0), "{syn:?}: above the last, which the RST unset");
        }
    }

    #[test]
    fn a_connection_has_its_numbers() {
        let (mut registers, mine) = connected();
        let ack = registers.segment(Flags::ACK, Bytes::from_static(b"x"));
        assert_eq!((ack.seq, ack.ack, ack.wnd), (mine, Seq(7_000_001), 8192));
        let answer = Segment::control(Flags::ACK, Seq(7_000_001), mine + 1);
        assert_eq!(hear(&mut registers, &[answer]), "ACK(NEXT,NEXT,0)");
        assert_eq!(registers.segment(Flags::ACK, Bytes::new()).seq, mine + 1);
    }

    #[test]
    fn what_was_sent_before_does_not_count() {
        let (mut registers, mine) = connected();
        let psh = Flags::PSH | Flags::ACK;
        let text =
            |seq, ack| Segment { payload: Bytes::from_static(b"x"), ..Segment::control(psh, seq, ack) };
        let (first, again) = (text(Seq(7_000_001), mine), text(Seq(7_000_001), mine + 1));
        let fin = Segment::control(Flags::FIN | Flags::ACK, Seq(7_000_002), mine);
        let ack = Segment::control(Flags::ACK, Seq(7_000_002), mine);
        assert_eq!(hear(&mut registers, &[first]), "ACK+PSH(NEXT,CURRENT,1)");
        assert_eq!(hear(&mut registers, &[again]), "TIMEOUT", "the number decides, not what it acknowledges");
        assert_eq!(
            hear(&mut registers, &[ack.clone(), fin.clone()]),
            "ACK+FIN(NEXT,CURRENT,0)",
            "the last counts"
        );
        assert_eq!(
            hear(&mut registers, &[ack.clone(), fin]),
            "ACK(CURRENT,CURRENT,0)",
            "the last that is new"
        );
        assert_eq!(hear(&mut registers, &[ack]), "ACK(CURRENT,CURRENT,0)", "a pure ACK always counts");
    }
}
