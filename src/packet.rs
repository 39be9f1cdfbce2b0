//! What travels: a [`Segment`] is a TCP header without ports plus its text; a [`Packet`] adds both endpoints.
//! Between simulated hosts a packet travels as this struct; the simulator turns it into bytes for captures.

use crate::addr::Endpoint;
use crate::seq::Seq;
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Options {
    /// Maximum segment size, in bytes of text (kind 2; SYN segments only).
    pub mss: Option<u16>,
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
        Self { seq, ack, flags, wnd: 0, urg: 0, options: Options { mss: None }, payload: Bytes::new() }
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
