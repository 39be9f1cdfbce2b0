//! What travels: a [`Segment`] is a TCP header without ports plus its text; a [`Packet`] adds both endpoints.
//! Between simulated hosts a packet travels as this struct; the simulator turns it into bytes for captures.

mod message;

pub use message::{Icmp, Message, Protocol, Quote, Trouble, Udp};

use crate::addr::Endpoint;
use crate::seq::Seq;
use alloc::boxed::Box;
use bitflags::bitflags;
use bytes::Bytes;
use core::fmt;

bitflags! {
    /// The control bits of a TCP header (RFC 9293 section 3.1).
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Flags: u8 {
        /// No more data from sender.
        const FIN = 0x01;
        /// Synchronize sequence numbers.
        const SYN = 0x02;
        /// Reset the connection.
        const RST = 0x04;
        /// Push function.
        const PSH = 0x08;
        /// The acknowledgment field is significant.
        const ACK = 0x10;
        /// The urgent pointer is significant.
        const URG = 0x20;
        /// ECN-Echo.
        const ECE = 0x40;
        /// Congestion window reduced.
        const CWR = 0x80;
    }
}

impl fmt::Display for Flags {
    /// tcpdump's letters, the ACK as a dot: `S`, `S.`, `F.`, `P.`, `R`, `.`; `none` for no flag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (flag, letter) in [
            (Self::SYN, "S"),
            (Self::FIN, "F"),
            (Self::RST, "R"),
            (Self::PSH, "P"),
            (Self::URG, "U"),
            (Self::ECE, "E"),
            (Self::CWR, "W"),
            (Self::ACK, "."),
        ] {
            if self.contains(flag) {
                f.write_str(letter)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The options of a TCP header that this stack understands; others are skipped on the way in (RFC 9293 MUST-6).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Options {
    /// Maximum segment size, in bytes of text and options (kind 2, RFC 9293 3.7.1; SYN segments only).
    pub mss: Option<u16>,
    /// By how many bits windows are shifted (kind 3, RFC 7323 section 2; SYN segments only).
    pub window_scale: Option<u8>,
    /// SACK may be used (kind 4, RFC 2018 section 2; SYN segments only).
    pub sack_permitted: bool,
    /// TSval and TSecr (kind 8, RFC 7323 section 3).
    pub timestamps: Option<Timestamps>,
    /// What was received past a gap (kind 5, RFC 2018 section 3).
    pub sack: SackBlocks,
}

/// The Timestamps option (RFC 7323 section 3.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Timestamps {
    /// TSval: the sender's clock.
    pub val: u32,
    /// TSecr: the receiver's clock, echoed; 0 without the ACK flag.
    pub ecr: u32,
}

/// The blocks of a SACK option: up to three, so that there is room for timestamps beside them. Each is the number
/// of its first octet and the number after its last.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct SackBlocks(Option<Box<Blocks>>);

/// Behind a pointer, since few segments have any.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Blocks {
    blocks: [(Seq, Seq); SackBlocks::MAX],
    len: u8,
}

impl Timestamps {
    /// Bytes that the option takes in a header, padded to whole words.
    pub const WIRE_LEN: u32 = 12;
}

impl SackBlocks {
    /// The most blocks that an option carries here.
    pub const MAX: usize = 3;

    /// No block.
    pub const NONE: Self = Self(None);

    /// The blocks, the most recent first.
    #[must_use]
    pub fn as_slice(&self) -> &[(Seq, Seq)] {
        self.0.as_ref().map_or(&[], |b| &b.blocks[..usize::from(b.len)])
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes that the option takes in a header, padded to whole words.
    #[must_use]
    pub fn wire_len(&self) -> u32 {
        self.0.as_ref().map_or(0, |b| 4 + 8 * u32::from(b.len))
    }

    /// Adds a block, if there is room for it.
    pub fn push(&mut self, left: Seq, right: Seq) {
        let b = self.0.get_or_insert_default();
        if let Some(block) = b.blocks.get_mut(usize::from(b.len)) {
            *block = (left, right);
            b.len += 1;
        }
    }
}

impl fmt::Debug for SackBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

impl FromIterator<(Seq, Seq)> for SackBlocks {
    fn from_iter<I: IntoIterator<Item = (Seq, Seq)>>(blocks: I) -> Self {
        let mut all = Self::NONE;
        for (left, right) in blocks {
            all.push(left, right);
        }
        all
    }
}

impl Options {
    /// No option.
    pub const NONE: Self = Self {
        mss: None,
        window_scale: None,
        sack_permitted: false,
        timestamps: None,
        sack: SackBlocks::NONE,
    };

    /// The most bytes that a header has for them.
    pub const MAX_WIRE_LEN: usize = 40;

    /// Bytes that they take in a header, each padded to whole words: at most [`Options::MAX_WIRE_LEN`].
    #[must_use]
    pub fn wire_len(&self) -> usize {
        let others = self.wire_len_without_sack();
        if self.sack.is_empty() {
            return others;
        }
        let blocks = self.sack_on_the_wire().len();
        others + if blocks == 0 { 0 } else { 4 + 8 * blocks }
    }

    fn wire_len_without_sack(&self) -> usize {
        let Self { mss, window_scale, sack_permitted, timestamps, sack: _ } = self;
        let small = [mss.is_some(), window_scale.is_some(), *sack_permitted];
        let timestamps = if timestamps.is_some() { Timestamps::WIRE_LEN as usize } else { 0 };
        small.map(|there| 4 * usize::from(there)).iter().sum::<usize>() + timestamps
    }

    /// The blocks for which there is room beside the other options.
    #[must_use]
    pub fn sack_on_the_wire(&self) -> &[(Seq, Seq)] {
        let room = Self::MAX_WIRE_LEN.saturating_sub(self.wire_len_without_sack() + 4) / 8;
        let blocks = self.sack.as_slice();
        &blocks[..blocks.len().min(room)]
    }
}

/// A TCP segment without its ports.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Segment {
    /// SEG.SEQ: the number of the first octet (of the SYN, if there is one).
    pub seq: Seq,
    /// SEG.ACK: meaningful with the ACK flag only, but carried always.
    pub ack: Seq,
    /// The control bits.
    pub flags: Flags,
    /// SEG.WND, unscaled.
    pub wnd: u16,
    /// SEG.UP.
    pub urg: u16,
    /// The options.
    pub options: Options,
    /// The text.
    pub payload: Bytes,
}

impl Segment {
    /// A segment without text or options, window 0.
    #[must_use]
    pub const fn control(flags: Flags, seq: Seq, ack: Seq) -> Self {
        Self { seq, ack, flags, wnd: 0, urg: 0, options: Options::NONE, payload: Bytes::new() }
    }

    /// Bytes of text, without SYN and FIN.
    #[must_use]
    pub fn text_len(&self) -> u32 {
        u32::try_from(self.payload.len()).unwrap_or(u32::MAX)
    }

    /// SEG.LEN: octets of sequence space, SYN and FIN counted (RFC 9293 section 3.4).
    #[must_use]
    pub fn len(&self) -> u32 {
        self.text_len() + u32::from(self.syn()) + u32::from(self.fin())
    }

    /// Whether it takes no sequence space.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the first octet of text.
    #[must_use]
    pub fn text_seq(&self) -> Seq {
        self.seq + u32::from(self.syn())
    }

    /// Whether the SYN bit is set.
    #[must_use]
    pub const fn syn(&self) -> bool {
        self.flags.contains(Flags::SYN)
    }

    /// Whether the ACK bit is set.
    #[must_use]
    pub const fn has_ack(&self) -> bool {
        self.flags.contains(Flags::ACK)
    }

    /// Whether the RST bit is set.
    #[must_use]
    pub const fn rst(&self) -> bool {
        self.flags.contains(Flags::RST)
    }

    /// Whether the FIN bit is set.
    #[must_use]
    pub const fn fin(&self) -> bool {
        self.flags.contains(Flags::FIN)
    }
}

/// A segment with its two endpoints.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Packet {
    /// Source address and port.
    pub src: Endpoint,
    /// Destination address and port.
    pub dst: Endpoint,
    /// What it carries.
    pub segment: Segment,
}
