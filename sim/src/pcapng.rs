//! A pcapng writer, by hand: the three block types that a capture with named interfaces and comments needs.
//!
//! The format is draft-ietf-opsawg-pcapng; section numbers below are those of its revision 01. Integers are
//! little endian on every machine, no clock is read and nothing is remembered but the bytes: equal calls,
//! equal files.

use closewait::time::Instant;

/// The link type of datagrams that begin with their IP header, version 4 or 6.
const LINKTYPE_RAW: u16 = 101;

/// The longest packet that is kept whole, in bytes: the most that libpcap captures of one
/// (`MAXIMUM_SNAPLEN`), four times the longest IP datagram that is no jumbogram. It keeps a block's length
/// far below what its 32 bits can say.
const CAPTURED_MAX: usize = 262_144;

// Options: code 1 is a comment in every block, the others belong to their block (sections 3.5, 4.1 and 4.2).
const OPT_ENDOFOPT: u16 = 0;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;

/// A capture file in the making: one section, in memory.
///
/// ```
/// use closewait::time::Instant;
/// use closewait_sim::pcapng::Writer;
///
/// let mut capture = Writer::new();
/// let client = capture.interface("client");
/// capture.packet(client, Instant::from_nanos(1_500), &[0x45, 0x00], "two bytes of a datagram");
/// let file = capture.finish();
/// assert_eq!(file[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
/// ```
#[derive(Clone, Debug)]
pub struct Writer {
    out: Vec<u8>,
    interfaces: u32,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// A file with its Section Header Block (section 4.1): version 1.0, length of the section not said,
    /// written by "closewait".
    #[must_use]
    pub fn new() -> Self {
        let mut writer = Self { out: Vec::new(), interfaces: 0 };
        writer.block(0x0a0d_0d0a, |out| {
            out.extend(0x1a2b_3c4d_u32.to_le_bytes());
            out.extend(1_u16.to_le_bytes());
            out.extend(0_u16.to_le_bytes());
            out.extend((-1_i64).to_le_bytes());
            option(out, SHB_USERAPPL, b"closewait");
            option(out, OPT_ENDOFOPT, &[]);
        });
        writer
    }

    /// Adds an interface (section 4.2) for IP datagrams without a link header, with times in nanoseconds, and
    /// gives its index: 0, 1, 2 and so on. A name longer than 65,535 bytes is cut at a character.
    pub fn interface(&mut self, name: &str) -> u32 {
        self.block(1, |out| {
            out.extend(LINKTYPE_RAW.to_le_bytes());
            out.extend(0_u16.to_le_bytes());
            // Snapshot length 0: no limit.
            out.extend(0_u32.to_le_bytes());
            text_option(out, IF_NAME, name);
            // 10 to the minus 9.
            option(out, IF_TSRESOL, &[9]);
            option(out, OPT_ENDOFOPT, &[]);
        });
        let index = self.interfaces;
        self.interfaces += 1;
        index
    }

    /// Adds a packet (an Enhanced Packet Block, section 4.3): `bytes` seen on `interface` at `at`, counted in
    /// nanoseconds from 1970, where a world's time starts. An empty `comment` is no comment; one longer than
    /// 65,535 bytes is cut at a character. Of a packet longer than 262,144 bytes the first 262,144 are kept,
    /// with its full length.
    ///
    /// `interface` is an index from [`Writer::interface`] of this writer: readers reject a file with another.
    pub fn packet(&mut self, interface: u32, at: Instant, bytes: &[u8], comment: &str) {
        let captured = &bytes[..bytes.len().min(CAPTURED_MAX)];
        let nanos = at.as_nanos().to_le_bytes();
        self.block(6, |out| {
            out.extend(interface.to_le_bytes());
            // The high word first, each word little endian.
            out.extend(&nanos[4..]);
            out.extend(&nanos[..4]);
            out.extend(saturated(captured.len()).to_le_bytes());
            out.extend(saturated(bytes.len()).to_le_bytes());
            padded(out, captured);
            if !comment.is_empty() {
                text_option(out, OPT_COMMENT, comment);
                option(out, OPT_ENDOFOPT, &[]);
            }
        });
    }

    /// The file.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// A block (section 3.1): its type, its total length, a body of whole 32-bit words, the length again.
    fn block(&mut self, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        self.out.extend(kind.to_le_bytes());
        self.out.extend([0; 4]);
        body(&mut self.out);
        let total = saturated(self.out.len() + 4 - start).to_le_bytes();
        self.out[start + 4..start + 8].copy_from_slice(&total);
        self.out.extend(total);
    }
}

/// Bodies are bounded by [`CAPTURED_MAX`] and by options' lengths; only an original length can be too long to
/// say.
fn saturated(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// `bytes`, and zeros up to 32 bits. Every block starts at a multiple of four, so the file's length tells.
fn padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// An option of text (section 3.5): UTF-8 without a zero at its end.
fn text_option(out: &mut Vec<u8>, code: u16, text: &str) {
    let len = text.floor_char_boundary(usize::from(u16::MAX));
    option(out, code, &text.as_bytes()[..len]);
}

/// An option (section 3.5): its code, the length of its value without padding, the value. The value has at
/// most 65,535 bytes.
fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend(code.to_le_bytes());
    out.extend(len.to_le_bytes());
    padded(out, &value[..usize::from(len)]);
}

#[cfg(test)]
mod tests {
    use super::Writer;
    use closewait::time::Instant;

    /// The Section Header Block, 48 bytes.
    #[rustfmt::skip]
    const SECTION: [u8; 48] = [
        0x0a, 0x0d, 0x0d, 0x0a,  0x30, 0, 0, 0,           // type, a palindrome on purpose; total length 48
        0x4d, 0x3c, 0x2b, 0x1a,  1, 0,  0, 0,             // byte order: little; version 1.0
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,   // length of the section: -1
        4, 0,  9, 0,  b'c', b'l', b'o', b's', b'e', b'w', b'a', b'i', b't', 0, 0, 0,
        0, 0,  0, 0,                                      // opt_endofopt
        0x30, 0, 0, 0,
    ];

    /// What a writer adds to its section header.
    fn after_section(writer: Writer) -> Vec<u8> {
        writer.finish().strip_prefix(&SECTION).unwrap().to_vec()
    }

    /// The last block of a file, found from its end by its repeated length.
    fn last_block(file: &[u8]) -> &[u8] {
        let total = u32::from_le_bytes(file[file.len() - 4..].try_into().unwrap());
        let block = &file[file.len() - usize::try_from(total).unwrap()..];
        assert_eq!(block[4..8], total.to_le_bytes());
        assert_eq!(block.len() % 4, 0);
        block
    }

    #[test]
    fn a_new_file_is_a_section_header() {
        assert_eq!(Writer::new().finish(), SECTION);
        assert_eq!(Writer::default().finish(), SECTION);
    }

    #[test]
    fn an_interface_is_a_block_with_name_and_resolution() {
        let mut writer = Writer::new();
        assert_eq!(writer.interface("eth0"), 0);
        #[rustfmt::skip]
        let block = [
            1, 0, 0, 0,  0x28, 0, 0, 0,                   // type; total length 40
            101, 0,  0, 0,  0, 0, 0, 0,                   // LINKTYPE_RAW, reserved, no snapshot length
            2, 0,  4, 0,  b'e', b't', b'h', b'0',         // if_name
            9, 0,  1, 0,  9, 0, 0, 0,                     // if_tsresol
            0, 0,  0, 0,                                  // opt_endofopt
            0x28, 0, 0, 0,
        ];
        assert_eq!(after_section(writer), block);
    }

    #[test]
    fn interfaces_are_counted_from_zero_among_packets() {
        let mut writer = Writer::new();
        assert_eq!(writer.interface("a"), 0);
        assert_eq!(writer.interface("a"), 1);
        writer.packet(1, Instant::START, &[], "");
        assert_eq!(writer.interface(""), 2);
    }

    #[test]
    fn a_packet_is_a_block_with_time_bytes_and_comment() {
        let mut writer = Writer::new();
        writer.packet(7, Instant::from_nanos(0x0102_0304_0506_0708), &[0xaa, 0xbb, 0xcc, 0xdd, 0xee], "R5é");
        #[rustfmt::skip]
        let block = [
            6, 0, 0, 0,  0x34, 0, 0, 0,                   // type; total length 52
            7, 0, 0, 0,                                   // interface
            4, 3, 2, 1,  8, 7, 6, 5,                      // time, high word, low word
            5, 0, 0, 0,  5, 0, 0, 0,                      // captured and original length
            0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0, 0, 0,
            1, 0,  4, 0,  b'R', b'5', 0xc3, 0xa9,         // opt_comment: four bytes of UTF-8, no padding
            0, 0,  0, 0,                                  // opt_endofopt
            0x34, 0, 0, 0,
        ];
        assert_eq!(after_section(writer), block);
    }

    #[test]
    fn without_a_comment_there_are_no_options() {
        let mut writer = Writer::new();
        writer.packet(0, Instant::END, &[1, 2, 3, 4], "");
        #[rustfmt::skip]
        let block = [
            6, 0, 0, 0,  0x24, 0, 0, 0,
            0, 0, 0, 0,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            4, 0, 0, 0,  4, 0, 0, 0,
            1, 2, 3, 4,
            0x24, 0, 0, 0,
        ];
        assert_eq!(after_section(writer), block);
    }

    #[test]
    fn padding_by_every_length() {
        for len in 0..9 {
            let mut writer = Writer::new();
            writer.packet(0, Instant::START, &vec![0xff; len], &"x".repeat(len));
            let file = writer.finish();
            let block = last_block(&file);
            let words = len.div_ceil(4) * 4;
            let options = if len == 0 { 0 } else { 4 + words + 4 };
            assert_eq!(block.len(), 28 + words + options + 4);
            assert!(block[28..28 + len].iter().all(|&b| b == 0xff));
            assert!(block[28 + len..28 + words].iter().all(|&b| b == 0));
        }
    }

    /// The longest comment that fits, and one whose 65,535th byte is the first of a two-byte character.
    #[test]
    fn a_long_comment_is_cut_at_a_character() {
        for (comment, kept) in [("x".repeat(65_535), 65_535), ("x".repeat(65_534) + "éx", 65_534_u16)] {
            let mut writer = Writer::new();
            writer.packet(0, Instant::START, &[], &comment);
            let file = writer.finish();
            let block = last_block(&file);
            assert_eq!(block[28..30], [1, 0]);
            assert_eq!(block[30..32], kept.to_le_bytes());
            let (text, rest) = block[32..].split_at(usize::from(kept));
            assert_eq!(text, &comment.as_bytes()[..usize::from(kept)]);
            let padding = rest.len() - 8;
            assert_eq!(padding, (4 - usize::from(kept) % 4) % 4);
            assert_eq!(rest[..padding + 4], vec![0; padding + 4]);
        }
        let mut writer = Writer::new();
        writer.interface(&"é".repeat(40_000));
        assert_eq!(last_block(&writer.finish())[16..20], [2, 0, 0xfe, 0xff]);
    }

    #[test]
    fn a_packet_beyond_any_datagram_is_cut_and_says_so() {
        for (len, captured) in [(262_144, 262_144_u32), (262_145, 262_144)] {
            let mut writer = Writer::new();
            writer.packet(0, Instant::START, &vec![0; len], "");
            let file = writer.finish();
            let block = last_block(&file);
            assert_eq!(block[20..24], captured.to_le_bytes());
            assert_eq!(block[24..28], u32::try_from(len).unwrap().to_le_bytes());
            assert_eq!(block.len(), 32 + 262_144);
        }
    }
}
