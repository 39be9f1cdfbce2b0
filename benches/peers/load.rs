//! What everybody has to do.

use bytes::Bytes;
use std::time::Instant;

/// How much of it.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) lifecycles: u32,
    pub(crate) bulk: u64,
    pub(crate) heap: u32,
    pub(crate) idle_seconds: u64,
}

impl Scale {
    pub(crate) const fn new(quick: bool) -> Self {
        let part = if quick { 10 } else { 1 };
        Self {
            lifecycles: 200_000 / part,
            bulk: (1 << 30) / part as u64,
            heap: 100_000,
            idle_seconds: 1_000_000_000 / part as u64,
        }
    }
}

/// Bytes each way of a lifecycle.
pub(crate) const GREETING: usize = 100;
/// Bytes of a send.
pub(crate) const SEND: usize = 64 * 1024;
/// Of every buffer of a bulk transfer.
pub(crate) const BUFFER: usize = 256 * 1024;

/// `n` of something in how long: a second's worth.
pub(crate) fn per_second(n: f64, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    n / start.elapsed().as_secs_f64()
}

/// Sends of a bulk transfer: sixteen different ones over and over.
pub(crate) struct Sends {
    pieces: Vec<Bytes>,
    next: usize,
    left: u64,
}

impl Sends {
    pub(crate) fn new(total: u64) -> Self {
        let piece = |n: usize| {
            let byte = |i: usize| u8::try_from((i * 31 + i / 251 + n * 7) % 251).unwrap_or(0);
            (0..SEND).map(byte).collect::<Bytes>()
        };
        Self { pieces: (0..16).map(piece).collect(), next: 0, left: total / SEND as u64 }
    }

    /// The next send, without taking it.
    pub(crate) fn peek(&self) -> Option<&Bytes> {
        (self.left > 0).then(|| &self.pieces[self.next % self.pieces.len()])
    }

    pub(crate) fn advance(&mut self) {
        self.next += 1;
        self.left -= 1;
    }

    /// What the receiver's sum must be.
    pub(crate) fn expected(total: u64) -> u64 {
        let mut all = Self::new(total);
        let mut sum = Sum::default();
        while let Some(piece) = all.peek() {
            sum.add(piece);
            all.advance();
        }
        sum.total()
    }
}

/// A sum of bytes, whatever the pieces they come in.
#[derive(Default)]
pub(crate) struct Sum(u64);

impl Sum {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks::<32>();
        let mut lanes = [0_u64; 32];
        // A lane of bytes is summed in 16 bits, which 256 of them can't overflow.
        for run in blocks.chunks(256) {
            let mut narrow = [0_u16; 32];
            for block in run {
                for (lane, &byte) in narrow.iter_mut().zip(block) {
                    *lane += u16::from(byte);
                }
            }
            for (lane, narrow) in lanes.iter_mut().zip(narrow) {
                *lane += u64::from(narrow);
            }
        }
        self.0 += lanes.iter().sum::<u64>() + rest.iter().map(|&b| u64::from(b)).sum::<u64>();
    }

    pub(crate) const fn total(&self) -> u64 {
        self.0
    }
}
