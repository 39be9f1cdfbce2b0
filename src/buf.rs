//! [`Rope`]: a byte string in shared pieces. Send queues, receive queues and what `recv` hands out are ropes, so
//! payload is never copied on its way; a copy is made only where somebody asks for one contiguous piece.

use alloc::collections::VecDeque;
use bytes::{Buf, Bytes, BytesMut};

/// Bytes in order, in pieces that share their storage with whoever else holds them.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    pieces: VecDeque<Bytes>,
    len: usize,
}

impl Rope {
    /// Number of bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a piece at the end; an empty piece is not kept.
    pub fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push_back(piece);
        }
    }

    /// Adds what another rope holds, at the end.
    pub fn append(&mut self, other: Self) {
        self.len += other.len;
        self.pieces.extend(other.pieces);
    }

    /// Takes up to `max` bytes from the front, sharing their storage.
    #[must_use]
    pub fn split_front(&mut self, max: usize) -> Self {
        let mut taken = Self::default();
        while taken.len < max {
            let Some(front) = self.pieces.front_mut() else { break };
            let want = max - taken.len;
            let piece = if front.len() <= want {
                self.pieces.pop_front().unwrap_or_default()
            } else {
                front.split_to(want)
            };
            self.len -= piece.len();
            taken.push(piece);
        }
        self.release();
        taken
    }

    /// Drops `n` bytes from the front (all, if there are fewer).
    pub fn drop_front(&mut self, n: usize) {
        let mut left = n.min(self.len);
        self.len -= left;
        while let Some(front) = self.pieces.front_mut()
            && left > 0
        {
            let here = left.min(front.len());
            left -= here;
            if here == front.len() {
                self.pieces.pop_front();
            } else {
                front.advance(here);
            }
        }
        self.release();
    }

    /// A queue that has run empty gives its storage back.
    fn release(&mut self) {
        if self.pieces.is_empty() {
            self.pieces = VecDeque::new();
        }
    }

    /// The `len` bytes from `offset` as one piece: shared if they lie in one piece, else copied together.
    /// Shorter if the rope ends before.
    #[must_use]
    pub fn slice(&self, mut offset: usize, len: usize) -> Bytes {
        let mut pieces = self.pieces.iter();
        let first = loop {
            match pieces.next() {
                None => return Bytes::new(),
                Some(p) if offset >= p.len() => offset -= p.len(),
                Some(p) => break p,
            }
        };
        let here = &first[offset..];
        if here.len() >= len {
            return first.slice(offset..offset + len);
        }
        let mut joined = BytesMut::with_capacity(len);
        joined.extend_from_slice(here);
        for piece in pieces {
            let want = len - joined.len();
            if want == 0 {
                break;
            }
            joined.extend_from_slice(&piece[..want.min(piece.len())]);
        }
        joined.freeze()
    }

    /// All bytes as one piece: shared if there is one piece only, else copied together.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.slice(0, self.len)
    }
}

impl From<Bytes> for Rope {
    fn from(piece: Bytes) -> Self {
        let mut rope = Self::default();
        rope.push(piece);
        rope
    }
}

impl Buf for Rope {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |p| p)
    }

    fn advance(&mut self, n: usize) {
        assert!(n <= self.len, "advance past the end of a rope: {n} of {}", self.len);
        self.drop_front(n);
    }
}

impl PartialEq for Rope {
    /// Equal bytes, however they are cut into pieces.
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len
            && self.pieces.iter().flatten().zip(other.pieces.iter().flatten()).all(|(a, b)| a == b)
    }
}

impl Eq for Rope {}

#[cfg(test)]
mod tests {
    use super::*;

    fn rope(pieces: &[&'static str]) -> Rope {
        let mut rope = Rope::default();
        for p in pieces {
            rope.push(Bytes::from_static(p.as_bytes()));
        }
        rope
    }

    #[test]
    fn take_cuts_pieces_and_keeps_the_rest() {
        let mut r = rope(&["abc", "", "de", "fgh"]);
        assert_eq!(r.len(), 8);
        assert_eq!(r.split_front(4).to_bytes(), "abcd");
        assert_eq!(r.split_front(0).to_bytes(), "");
        assert_eq!(r.split_front(99).to_bytes(), "efgh");
        assert!(r.is_empty());
    }

    #[test]
    fn drop_front_leaves_the_rest() {
        let mut r = rope(&["abc", "de", "fgh"]);
        r.drop_front(4);
        assert_eq!((r.len(), r.to_bytes()), (4, Bytes::from_static(b"efgh")));
        r.drop_front(9);
        assert_eq!((r.len(), r.chunk()), (0, &b""[..]));
    }

    #[test]
    fn slice_shares_inside_a_piece_and_joins_across() {
        let r = rope(&["abc", "de", "fgh"]);
        assert_eq!(r.slice(1, 2), "bc");
        assert_eq!(r.slice(1, 6), "bcdefg");
        assert_eq!(r.slice(3, 2), "de");
        assert_eq!(r.slice(7, 9), "h");
        assert_eq!(r.slice(8, 1), "");
        let inside = r.slice(0, 3);
        assert_eq!(inside.as_ptr(), r.chunk().as_ptr(), "no copy inside a piece");
    }

    #[test]
    fn equality_does_not_see_the_cuts() {
        assert_eq!(rope(&["ab", "c"]), rope(&["a", "bc"]));
        assert_ne!(rope(&["ab", "c"]), rope(&["ab", "d"]));
    }
}
