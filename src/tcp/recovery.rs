//! Loss recovery without waiting for the timer: fast retransmit (RFC 5681 3.2) and recovery, NewReno's (RFC 6582) or,
//! where both ends permit SACK, RFC 6675's. Here is what the sender knows of losses; `send.rs` changes the congestion
//! window by it, `transmit.rs` sends what [`Recovery::next_hole`] names.

use crate::packet::SackBlocks;
use crate::rule::Rule;
use crate::seq::Seq;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::ops::Deref;

/// DupThresh: so many duplicate ACKs say that a segment is lost (RFC 5681, RFC 6675).
pub(super) const DUP_THRESH: u32 = 3;

/// What the sender knows of losses.
#[derive(Clone, Debug, Default)]
pub(super) struct Recovery {
    /// Duplicate ACKs since SND.UNA moved.
    pub(super) duplicates: u32,
    /// FlightSize at the first of them: what limited transmit sends does not count (RFC 5681 3.2 (2)).
    pub(super) flight: u32,
    /// Fast recovery is under way.
    pub(super) fast: Option<Fast>,
    /// SND.NXT when a loss was last found: what was in flight then makes no new loss event (RFC 6582, "recover").
    pub(super) recover: Option<Seq>,
    /// After a timeout: where sending again has got to.
    pub(super) resend: Option<Seq>,
    /// The segment at SND.UNA goes out again now, whatever the congestion window.
    pub(super) resend_first: Option<Rule>,
    /// What the peer has past SND.UNA, in order, without overlaps (RFC 6675, the scoreboard).
    pub(super) sacked: VecDeque<(Seq, Seq)>,
}

/// Nothing.
static NONE: Recovery = Recovery {
    duplicates: 0,
    flight: 0,
    fast: None,
    recover: None,
    resend: None,
    resend_first: None,
    sacked: VecDeque::new(),
};

/// A [`Recovery`] for as long as there is something to know: most connections pay a pointer for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses(Option<Box<Recovery>>);

impl Deref for Losses {
    type Target = Recovery;

    fn deref(&self) -> &Recovery {
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl Losses {
    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What is known, if anything is.
    pub(super) fn known(&mut self) -> Option<&mut Recovery> {
        self.0.as_deref_mut()
    }

    /// To note something.
    pub(super) fn learn(&mut self) -> &mut Recovery {
        self.0.get_or_insert_default()
    }

    /// Notes what a SACK option says; true if any of it is new.
    pub(super) fn note(&mut self, blocks: &SackBlocks, una: Seq, nxt: Seq) -> bool {
        !blocks.is_empty() && self.learn().note(blocks, una, nxt)
    }

    /// SND.UNA moved.
    pub(super) fn acknowledged(&mut self, una: Seq) {
        if let Some(known) = &mut self.0 {
            known.acknowledged(una);
            let Recovery { duplicates, flight: _, fast, recover, resend, resend_first, sacked } = &**known;
            if *duplicates == 0
                && fast.is_none()
                && recover.is_none()
                && resend.is_none()
                && resend_first.is_none()
                && sacked.is_empty()
            {
                self.0 = None;
            }
        }
    }
}

/// Fast recovery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fast {
    /// It is over when this is acknowledged (RFC 6675: RecoveryPoint).
    pub(super) point: Seq,
    /// Past the last octet that was sent again (RFC 6675: HighRxt).
    pub(super) high_rxt: Seq,
    /// The one rescue was sent (RFC 6675: RescueRxt).
    pub(super) rescued: bool,
}

impl Recovery {
    fn note(&mut self, blocks: &SackBlocks, una: Seq, nxt: Seq) -> bool {
        let mut new = false;
        for &(left, right) in blocks.as_slice() {
            // What does not lie in what is outstanding is no news, or a lie.
            if left.gt(una) && left.lt(right) && right.le(nxt) {
                new |= self.cover(left, right);
            }
        }
        new
    }

    fn cover(&mut self, mut left: Seq, mut right: Seq) -> bool {
        if self.sacked.iter().any(|&(l, r)| l.le(left) && right.le(r)) {
            return false;
        }
        self.sacked.retain(|&(l, r)| {
            let apart = r.lt(left) || l.gt(right);
            if !apart {
                left = if l.lt(left) { l } else { left };
                right = right.max(r);
            }
            apart
        });
        let place = self.sacked.iter().position(|&(l, _)| l.gt(left)).unwrap_or(self.sacked.len());
        self.sacked.insert(place, (left, right));
        true
    }

    fn acknowledged(&mut self, una: Seq) {
        self.duplicates = 0;
        self.resend_first = None;
        self.sacked.retain(|&(_, right)| right.gt(una));
        if let Some((left, _)) = self.sacked.front_mut()
            && left.lt(una)
        {
            *left = una;
        }
        self.recover = self.recover.filter(|recover| recover.gt(una));
        if let Some(fast) = &mut self.fast {
            fast.high_rxt = fast.high_rxt.max(una);
        }
    }

    /// Whether a loss found now is a new one: nothing that was in flight at the last is outstanding any more.
    pub(super) fn is_new_loss(&self) -> bool {
        self.fast.is_none() && self.recover.is_none()
    }

    /// Fast recovery begins.
    pub(super) fn begin(&mut self, una: Seq, nxt: Seq) {
        self.fast = Some(Fast { point: nxt, high_rxt: una, rescued: false });
        self.recover = Some(nxt);
        self.resend_first = Some(Rule::FastRetransmit);
    }

    /// The timer fired: everything is taken for lost, what SACK said included (RFC 2018 section 8, TR-C50).
    pub(super) fn timed_out(&mut self, nxt: Seq) {
        *self = Self { recover: Some(nxt), ..Self::default() };
    }

    /// RFC 6675 IsLost: DupThresh blocks, or more than DupThresh - 1 segments of octets, were received past `seq`.
    fn is_lost(&self, seq: Seq, smss: u32) -> bool {
        let past = self.sacked.iter().filter(|&&(left, _)| left.gt(seq));
        let (blocks, octets) =
            past.fold((0, 0), |(n, octets), &(left, right)| (n + 1, octets + (right - left)));
        blocks >= DUP_THRESH || octets > (DUP_THRESH - 1) * smss
    }

    /// Whether SACK alone says that the segment at SND.UNA is lost.
    pub(super) fn first_is_lost(&self, una: Seq, smss: u32) -> bool {
        self.is_lost(una, smss)
    }

    /// Where the hole that begins at `seq` ends: at the next octet that the peer has, or at `end`.
    pub(super) fn hole_end(&self, seq: Seq, end: Seq) -> Seq {
        self.sacked.iter().map(|&(left, _)| left).find(|left| left.gt(seq)).unwrap_or(end)
    }

    /// The holes between SND.UNA and the highest octet that the peer has.
    fn holes(&self, una: Seq) -> impl Iterator<Item = (Seq, Seq)> + '_ {
        let starts = core::iter::once(una).chain(self.sacked.iter().map(|&(_, right)| right));
        let ends = self.sacked.iter().map(|&(left, _)| left);
        starts.zip(ends).filter(|(start, end)| start.lt(*end))
    }

    /// RFC 6675 SetPipe: octets that are thought to be in the network.
    pub(super) fn pipe(&self, una: Seq, nxt: Seq, smss: u32) -> u32 {
        let high_rxt = self.fast.map_or(una, |fast| fast.high_rxt);
        let highest = self.sacked.back().map_or(una, |&(_, right)| right);
        let mut pipe = nxt - highest;
        for (start, end) in self.holes(una) {
            if !self.is_lost(start, smss) {
                pipe += end - start;
            }
            if high_rxt.gt(start) {
                pipe += (if high_rxt.lt(end) { high_rxt } else { end }) - start;
            }
        }
        pipe
    }

    /// RFC 6675 NextSeg: the first octets that were not sent again yet, of a hole that is lost (rule 1) or, if
    /// `unsure`, of any (rule 3).
    pub(super) fn next_hole(&self, una: Seq, smss: u32, unsure: bool) -> Option<(Seq, Seq)> {
        let fast = self.fast?;
        self.holes(una).find_map(|(start, end)| {
            let start = start.max(fast.high_rxt);
            let wanted = start.lt(end) && (unsure || self.is_lost(start, smss));
            wanted.then_some((start, end))
        })
    }
}

impl Recovery {
    /// RFC 6675 NextSeg, rule 4: what was sent last and the peer does not have, if nothing was sent again for it.
    pub(super) fn rescue(&self, una: Seq, nxt: Seq) -> Option<(Seq, Seq)> {
        self.fast.filter(|fast| !fast.rescued)?;
        let highest = self.sacked.back().map_or(una, |&(_, right)| right);
        let tail = highest.lt(nxt).then_some((highest, nxt));
        tail.or_else(|| self.holes(una).last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Past the wrap after some octets.
    const UNA: Seq = Seq(u32::MAX - 4);

    fn seq(n: u32) -> Seq {
        UNA + n
    }

    fn blocks(pairs: &[(u32, u32)]) -> SackBlocks {
        pairs.iter().map(|&(left, right)| (seq(left), seq(right))).collect()
    }

    fn board(r: &Recovery) -> Vec<(u32, u32)> {
        r.sacked.iter().map(|&(left, right)| (left - UNA, right - UNA)).collect()
    }

    #[test]
    fn the_scoreboard_merges_and_forgets() {
        let mut r = Recovery::default();
        assert!(r.note(&blocks(&[(20, 30), (40, 50)]), UNA, seq(100)));
        assert!(!r.note(&blocks(&[(22, 28)]), UNA, seq(100)), "nothing new");
        assert!(r.note(&blocks(&[(30, 41), (60, 70)]), UNA, seq(100)));
        assert_eq!(board(&r), [(20, 50), (60, 70)]);
        for lie in [(0, 10), (90, 101), (30, 30), (80, 75)] {
            assert!(!r.note(&blocks(&[lie]), UNA, seq(100)), "{lie:?}");
        }
        r.acknowledged(seq(30));
        assert_eq!(board(&r), [(30, 50), (60, 70)]);
        r.timed_out(seq(100));
        assert_eq!(board(&r), []);
    }

    /// RFC 6675 section 4, segments of 10 octets: 0 to 100 sent; 20..30, 40..50 and 60..80 received.
    #[test]
    fn pipe_and_next_segment_by_hand() {
        let mut r = Recovery::default();
        assert!(r.note(&blocks(&[(20, 30), (40, 50), (60, 80)]), UNA, seq(100)));
        // Past 0: three blocks. Past 30: 30 octets are more than 2 * 10. Past 50: one block, 20 octets: not lost.
        assert!(r.is_lost(seq(0), 10) && r.is_lost(seq(30), 10) && !r.is_lost(seq(50), 10));
        // Not lost: 50..60, and 80..100, which is past what the peer has.
        assert_eq!(r.pipe(UNA, seq(100), 10), 30);
        assert_eq!(r.next_hole(UNA, 10, false), None, "before fast recovery nothing is sent again");
        r.begin(UNA, seq(100));
        assert_eq!(r.next_hole(UNA, 10, false), Some((seq(0), seq(20))));
        r.fast = Some(Fast { point: seq(100), high_rxt: seq(10), rescued: false });
        assert_eq!(r.pipe(UNA, seq(100), 10), 40, "10 octets of a lost hole are in the network again");
        assert_eq!(r.next_hole(UNA, 10, false), Some((seq(10), seq(20))));
        r.fast = Some(Fast { point: seq(100), high_rxt: seq(40), rescued: false });
        assert_eq!(r.next_hole(UNA, 10, false), None, "rule 1: 50..60 is not lost");
        assert_eq!(r.next_hole(UNA, 10, true), Some((seq(50), seq(60))), "rule 3");
        assert_eq!(r.pipe(UNA, seq(100), 10), 30 + 20 + 10);
        assert_eq!((r.hole_end(seq(30), seq(100)) - UNA, r.hole_end(seq(90), seq(100)) - UNA), (40, 100));
    }
}
