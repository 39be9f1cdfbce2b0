//! [`Rope`]: a byte string in shared pieces. Send queues, receive queues and what `recv` hands out are ropes, so
//! payload is never copied on its way; a copy is made only where somebody asks for one contiguous piece.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use bytes::{Buf, Bytes, BytesMut};

/// Bytes in order, in pieces that share their storage with whoever else holds them. Empty it is a pointer, and its
/// storage goes back when it runs empty: most queues of most connections are.
#[derive(Clone, Debug, Default)]
pub struct Rope(Option<Box<Pieces>>);

/// At least one piece, none of them empty.
#[derive(Clone, Debug)]
struct Pieces {
    first: Bytes,
    rest: VecDeque<Bytes>,
    len: usize,
}

impl Pieces {
    /// Takes `n` bytes of more than that from the front: whole pieces, then a part of one.
    fn split_front(&mut self, n: usize) -> Rope {
        self.len -= n;
        if n < self.first.len() {
            return Rope::from(self.first.split_to(n));
        }
        let mut left = n - self.first.len();
        let fits = |piece: &&Bytes| {
            let fits = piece.len() <= left;
            left -= if fits { piece.len() } else { 0 };
            fits
        };
        let whole = self.rest.iter().take_while(fits).count();
        let mut rest: VecDeque<Bytes> = self.rest.drain(..whole).collect();
        let next = self.rest.pop_front().expect("there are more bytes than are taken");
        let first = core::mem::replace(&mut self.first, next);
        if left > 0 {
            rest.push_back(self.first.split_to(left));
        }
        Rope(Some(Box::new(Self { first, rest, len: n })))
    }

    fn iter(&self) -> impl Iterator<Item = &Bytes> {
        core::iter::once(&self.first).chain(&self.rest)
    }
}

impl Rope {
    /// No byte.
    pub const EMPTY: Self = Self(None);

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |pieces| pieces.len)
    }

    /// Whether there is no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds a piece at the end; an empty piece is not kept.
    pub fn push(&mut self, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        match &mut self.0 {
            None => {
                let len = piece.len();
                self.0 = Some(Box::new(Pieces { first: piece, rest: VecDeque::new(), len }));
            }
            Some(pieces) => {
                pieces.len += piece.len();
                pieces.rest.push_back(piece);
            }
        }
    }

    /// Adds what another rope holds, at the end.
    pub fn append(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (_, None) => {}
            (None, all) => self.0 = all,
            (Some(pieces), Some(more)) => {
                pieces.len += more.len;
                pieces.rest.push_back(more.first);
                pieces.rest.extend(more.rest);
            }
        }
    }

    /// Takes up to `max` bytes from the front, sharing their storage.
    #[must_use]
    pub fn split_front(&mut self, max: usize) -> Self {
        match &mut self.0 {
            Some(pieces) if pieces.len > max => pieces.split_front(max),
            Some(_) | None => core::mem::take(self),
        }
    }

    /// Drops `n` bytes from the front (all, if there are fewer).
    pub fn drop_front(&mut self, mut n: usize) {
        let Some(pieces) = &mut self.0 else { return };
        if n >= pieces.len {
            self.0 = None;
            return;
        }
        pieces.len -= n;
        while n >= pieces.first.len() {
            n -= pieces.first.len();
            let Some(next) = pieces.rest.pop_front() else { return };
            pieces.first = next;
        }
        pieces.first.advance(n);
    }

    fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        self.0.iter().flat_map(|pieces| pieces.iter())
    }

    /// The `len` bytes from `offset` as one piece: shared if they lie in one piece, else copied together.
    /// Shorter if the rope ends before.
    #[must_use]
    pub fn slice(&self, mut offset: usize, len: usize) -> Bytes {
        let mut pieces = self.pieces();
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
        self.slice(0, self.len())
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
        self.len()
    }

    fn chunk(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |pieces| &pieces.first)
    }

    fn advance(&mut self, n: usize) {
        assert!(n <= self.len(), "advance past the end of a rope: {n} of {}", self.len());
        self.drop_front(n);
    }
}

impl PartialEq for Rope {
    /// Equal bytes, however they are cut into pieces.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.pieces().flatten().eq(other.pieces().flatten())
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
