//! The receiving half of a connection: the receive sequence space of RFC 9293 3.3.1, what can be read, and what
//! came past a gap.

use crate::buf::Rope;
use crate::packet::SackBlocks;
use crate::seq::Seq;
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::{Buf, Bytes};

/// RCV.* and what belongs to it.
#[derive(Clone, Debug)]
pub struct Receive {
    /// RCV.NXT.
    pub(crate) nxt: Seq,
    /// RCV.NXT + RCV.WND as last announced; it never moves back (SHLD-14).
    pub(super) edge: Seq,
    /// By how much windows are shifted (RFC 7323 section 2).
    pub(super) shift: u8,
    /// Bytes of receive buffer.
    pub(super) capacity: u32,
    /// In order and not yet read.
    pub(super) inbox: Rope,
    /// The peer's FIN was received, and everything before it.
    pub(crate) fin: bool,
    /// Segments with text whose ACK waits for something to travel with (`delayed_ack.rs`), and when it leaves by
    /// itself.
    pub(super) ack_waits: u8,
    pub(super) ack_at: Instant,
    /// What came past a gap.
    pub(super) beyond: Option<Box<Beyond>>,
}

/// Segments past a gap, in order, without overlaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Beyond {
    pub(super) blocks: VecDeque<(Seq, Bytes)>,
    /// What the blocks cover, without a gap, the one that grew last first: what SACK reports (RFC 2018 section 4).
    pub(super) runs: Vec<(Seq, Seq)>,
    /// The number of a FIN that came past the gap.
    pub(super) fin: Option<Seq>,
}

impl Receive {
    pub(super) fn new(irs: Seq, capacity: u32, announced: u16, shift: u8) -> Self {
        let nxt = irs + 1;
        Self {
            nxt,
            edge: nxt + u32::from(announced),
            shift,
            capacity,
            inbox: Rope::default(),
            fin: false,
            ack_waits: 0,
            ack_at: Instant::START,
            beyond: None,
        }
    }

    /// RCV.WND: what the peer was told.
    #[must_use]
    pub(crate) fn wnd(&self) -> u32 {
        self.edge - self.nxt
    }

    /// How far the announced edge could move now.
    fn room(&self) -> u32 {
        let unread = u32::try_from(self.inbox.len()).unwrap_or(u32::MAX);
        let free = self.capacity.saturating_sub(unread).min(u32::from(u16::MAX) << self.shift);
        free.saturating_sub(self.wnd())
    }

    /// The window to announce in a segment that leaves now: the edge moves only when it is worth it, by a segment
    /// or half the buffer (RFC 9293 3.8.6.2.2).
    pub(super) fn announce(&mut self, mss: u16) -> u16 {
        let room = self.room();
        if room > 0 && room >= (self.capacity / 2).min(u32::from(mss)) {
            self.edge += room;
        }
        self.header()
    }

    /// SEG.WND. What the shift cuts off stays promised (RFC 7323 section 2.4): the edge is where it was.
    pub(super) fn header(&self) -> u16 {
        u16::try_from(self.wnd() >> self.shift).unwrap_or(u16::MAX)
    }

    /// Whether a read made enough room to say so without being asked (R47): so many segments, or half the buffer.
    pub(super) fn owes_update(&self, mss: u16, segments: u32) -> bool {
        let room = self.room();
        !self.fin && room > 0 && room >= (self.capacity / 2).min(segments.saturating_mul(u32::from(mss)))
    }

    /// Takes text and FIN of an acceptable segment. Tells what became of it.
    pub(super) fn take(&mut self, seq: Seq, text: &mut Bytes, fin: bool) -> Taken {
        // What lies past the window, a FIN included, is trimmed off.
        let fin_at = fin.then(|| seq + super::send::len32(text.len())).filter(|at| at.lt(self.edge));
        let seq = trim(seq, text, self.nxt, self.edge);
        let before = self.nxt;
        if seq.gt(self.nxt) || (text.is_empty() && fin_at.is_some_and(|at| at.gt(self.nxt))) {
            let beyond = self.beyond.get_or_insert_default();
            beyond.cover(seq, seq + super::send::len32(text.len()));
            beyond.insert(seq, core::mem::take(text));
            beyond.fin = beyond.fin.or(fin_at);
            return Taken::PastGap;
        }
        match &mut self.beyond {
            None => {
                self.nxt += super::send::len32(text.len());
                self.inbox.push(core::mem::take(text));
            }
            // Past the gap some of it may have come before.
            Some(beyond) => beyond.insert(seq, core::mem::take(text)),
        }
        self.close_gap();
        let fin_at = fin_at.or(self.beyond.as_ref().and_then(|b| b.fin));
        let text = self.nxt - before;
        let fin = !self.fin && fin_at == Some(self.nxt);
        if fin {
            self.nxt += 1;
            self.fin = true;
            self.beyond = None;
        }
        if text == 0 && !fin { Taken::Nothing } else { Taken::InOrder { text, fin } }
    }

    fn close_gap(&mut self) {
        let Some(beyond) = &mut self.beyond else { return };
        while let Some((seq, _)) = beyond.blocks.front()
            && seq.le(self.nxt)
        {
            let (seq, mut text) = beyond.blocks.pop_front().expect("there is a front");
            let known = (self.nxt - seq) as usize;
            if known < text.len() {
                text.advance(known);
                self.nxt += super::send::len32(text.len());
                self.inbox.push(text);
            }
        }
        beyond.runs.retain(|&(_, right)| right.gt(self.nxt));
        if beyond.blocks.is_empty() && beyond.fin.is_none() {
            self.beyond = None;
        }
    }

    /// The number after the last octet of text that is in order.
    pub(super) fn text_end(&self) -> Seq {
        self.nxt - u32::from(self.fin)
    }

    /// The number of the first octet that was not read.
    pub(super) fn consumed(&self) -> Seq {
        self.text_end() - super::send::len32(self.inbox.len())
    }

    /// Whether something came past a gap.
    pub(super) fn has_gap(&self) -> bool {
        self.beyond.is_some()
    }

    /// The FIN that was just taken takes no room in the buffer: the window stays as it was before (R50).
    pub(super) fn keep_window(&mut self) {
        self.edge += 1;
    }

    /// The windows' shift.
    pub(super) fn shift(&self) -> u8 {
        self.shift
    }

    /// The blocks of a SACK option (RFC 2018 section 4): the most recent first (TR-C46).
    pub(super) fn sack_blocks(&self) -> SackBlocks {
        self.beyond.as_ref().map_or(SackBlocks::NONE, |b| b.runs.iter().copied().collect())
    }

    /// Bytes that wait past a gap.
    pub(super) fn past_gap(&self) -> usize {
        self.beyond.as_ref().map_or(0, |b| b.blocks.iter().map(|(_, text)| text.len()).sum())
    }
}

/// What became of a segment's text and FIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// RCV.NXT advanced by `text` octets and the FIN.
    InOrder { text: u32, fin: bool },
    /// Kept past a gap.
    PastGap,
    /// All of it was known.
    Nothing,
}

impl Beyond {
    /// `left..right` was received: it and what it touches are one run, and the most recent.
    fn cover(&mut self, mut left: Seq, mut right: Seq) {
        if left == right {
            return;
        }
        self.runs.retain(|&(l, r)| {
            let apart = r.lt(left) || l.gt(right);
            if !apart {
                left = if l.lt(left) { l } else { left };
                right = right.max(r);
            }
            apart
        });
        self.runs.insert(0, (left, right));
    }

    /// Adds what of `text` is not there yet; what came first stays.
    fn insert(&mut self, mut seq: Seq, mut text: Bytes) {
        let mut i = 0;
        while !text.is_empty() {
            let Some((at, block)) = self.blocks.get(i) else {
                self.blocks.push_back((seq, text));
                return;
            };
            let (at, end) = (*at, *at + super::send::len32(block.len()));
            if seq.lt(at) {
                let head = text.split_to(((at - seq) as usize).min(text.len()));
                let next = seq + super::send::len32(head.len());
                self.blocks.insert(i, (seq, head));
                seq = next;
            } else if seq.lt(end) {
                let known = ((end - seq) as usize).min(text.len());
                text.advance(known);
                seq = end;
            }
            i += 1;
        }
    }
}

/// RFC 9293 3.4 and 3.10.7.4 first: the four cases.
pub(super) fn acceptable(nxt: Seq, wnd: u32, seq: Seq, len: u32) -> bool {
    match (len, wnd) {
        (0, 0) => seq == nxt,
        (0, _) => seq.in_window(nxt, wnd),
        (_, 0) => false,
        (_, _) => seq.in_window(nxt, wnd) || (seq + (len - 1)).in_window(nxt, wnd),
    }
}

/// Leaves the part of `text` that lies between `nxt` and `edge`; the number that it begins with.
fn trim(mut seq: Seq, text: &mut Bytes, nxt: Seq, edge: Seq) -> Seq {
    if seq.lt(nxt) {
        let known = (nxt - seq) as usize;
        text.advance(known.min(text.len()));
        seq = nxt;
    }
    let room = if seq.lt(edge) { (edge - seq) as usize } else { 0 };
    if text.len() > room {
        text.truncate(room);
    }
    seq
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(s: &'static str) -> Bytes {
        Bytes::from_static(s.as_bytes())
    }

    fn receive() -> Receive {
        Receive::new(Seq(u32::MAX - 3), 1000, 1000, 0)
    }

    #[test]
    fn reassembles_across_the_wrap_in_any_order() {
        let mut r = receive();
        let start = r.nxt;
        assert_eq!(r.take(start + 6, &mut bytes("ghi"), true), Taken::PastGap);
        assert_eq!(r.take(start + 3, &mut bytes("def"), false), Taken::PastGap);
        assert_eq!(r.past_gap(), 6);
        assert_eq!(r.take(start, &mut bytes("abcd"), false), Taken::InOrder { text: 9, fin: true });
        assert_eq!(r.inbox.to_bytes(), "abcdefghi");
        assert_eq!(r.nxt, start + 10);
    }

    /// RFC 2018 section 4: the block that has the last segment first, then the others by when they last grew; what
    /// touches is one block; what the gap no longer parts is none.
    #[test]
    fn the_most_recent_block_is_reported_first() {
        let mut r = receive();
        let start = r.nxt;
        let blocks = |r: &Receive| -> Vec<(u32, u32)> {
            r.sack_blocks().as_slice().iter().map(|&(a, b)| (a - start, b - start)).collect()
        };
        for (from, expected) in [
            (2, &[(2, 4)][..]),
            (6, &[(6, 8), (2, 4)]),
            (10, &[(10, 12), (6, 8), (2, 4)]),
            (14, &[(14, 16), (10, 12), (6, 8)]),
            (4, &[(2, 8), (14, 16), (10, 12)]),
            (10, &[(10, 12), (2, 8), (14, 16)]),
        ] {
            assert_eq!(r.take(start + from, &mut bytes("ab"), false), Taken::PastGap);
            assert_eq!(blocks(&r), expected, "after {from}");
        }
        assert_eq!(r.take(start, &mut bytes("ab"), false), Taken::InOrder { text: 8, fin: false });
        assert_eq!(blocks(&r), [(10, 12), (14, 16)]);
        assert_eq!(r.take(start + 8, &mut bytes("abcdefgh"), false), Taken::InOrder { text: 8, fin: false });
        assert_eq!(blocks(&r), []);
    }

    #[test]
    fn overlaps_keep_what_came_first() {
        let mut r = receive();
        let start = r.nxt;
        assert_eq!(r.take(start + 2, &mut bytes("CD"), false), Taken::PastGap);
        assert_eq!(r.take(start + 1, &mut bytes("bcdefg"), false), Taken::PastGap);
        assert_eq!(r.take(start + 9, &mut bytes("j"), false), Taken::PastGap);
        assert_eq!(r.take(start, &mut bytes("a"), false), Taken::InOrder { text: 7, fin: false });
        assert_eq!(r.inbox.to_bytes(), "abCDefg");
        assert_eq!(r.take(start, &mut bytes("abcdefg"), false), Taken::Nothing);
    }

    #[test]
    fn text_past_the_window_is_cut_and_the_edge_never_moves_back() {
        let mut r = receive();
        let start = r.nxt;
        let mut big = Bytes::from(alloc::vec![7; 1500]);
        assert_eq!(r.take(start, &mut big, false), Taken::InOrder { text: 1000, fin: false });
        assert_eq!(r.announce(100), 0);
        drop(r.inbox.split_front(99));
        assert_eq!(r.announce(100), 0, "less than a segment is not announced");
        assert!(!r.owes_update(100, 1));
        drop(r.inbox.split_front(1));
        assert!(r.owes_update(100, 1) && !r.owes_update(100, 2));
        assert_eq!(r.announce(100), 100);
        r.capacity = 10;
        assert_eq!(r.announce(100), 100, "a smaller buffer does not shrink the window");
    }

    #[test]
    fn acceptability_is_the_table_of_the_rfc() {
        let nxt = Seq(100);
        for (wnd, seq, len, expected) in [
            (0, 100, 0, true),
            (0, 99, 0, false),
            (0, 101, 0, false),
            (10, 100, 0, true),
            (10, 109, 0, true),
            (10, 110, 0, false),
            (10, 99, 0, false),
            (0, 100, 1, false),
            (10, 95, 5, false),
            (10, 95, 6, true),
            (10, 109, 50, true),
            (10, 110, 1, false),
        ] {
            assert_eq!(acceptable(nxt, wnd, Seq(seq), len), expected, "wnd {wnd} seq {seq} len {len}");
        }
    }
}
