//! Bytes as packets for a host in any state. They are dropped or answered; what must hold of the host and of what it
//! says holds; and when its sockets are closed and nobody answers any more, it comes to rest.
//!
//! The input is the state to begin in, how to begin, and then [`Record`]s.

#[path = "packet/host.rs"]
mod host;
#[path = "packet/shape.rs"]
mod shape;

use closewait::tcp::StateName;
pub use host::fault;
use host::{Begin, Target};
use shape::Shape;

/// Records of one run: enough to get anywhere, and little enough to try much.
const RECORDS: usize = 100;

/// Panics if the host does, or if what must hold does not.
pub fn judge(bytes: &[u8]) {
    let (begin, mut rest) = Begin::read(bytes);
    let mut target = Target::new(&begin);
    for _ in 0..RECORDS {
        let Some((record, after)) = Record::read(rest) else { break };
        rest = after;
        match record {
            Record::Packet { shape, data, padding } => {
                let datagram = shape.datagram(target.aim(), data, padding);
                target.deliver(&datagram);
            }
            Record::Call { which, argument } => target.ask(which, argument),
            Record::Events(n) => target.events(n),
            Record::Pause(n) => target.pause(n),
        }
    }
    target.ends();
}

/// One event. A byte says which in its lowest three bits and `n` in the others; the next how many bytes of data
/// follow.
enum Record<'a> {
    Packet {
        shape: Shape,
        data: &'a [u8],
        /// Octets of text after the data.
        padding: usize,
    },
    Call {
        which: u8,
        argument: u8,
    },
    /// So many things that are due happen.
    Events(u8),
    /// Tenths of a second, in powers of two.
    Pause(u8),
}

impl<'a> Record<'a> {
    /// The first record, and what follows it.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[head, len], rest) = bytes.split_first_chunk()?;
        let (data, rest) = rest.split_at(rest.len().min(usize::from(len)));
        let n = head >> 3;
        let packet = |shape, padding| Self::Packet { shape, data, padding };
        let record = match head & 7 {
            0 => packet(Shape::AsIs, 0),
            1 => packet(Shape::Summed, 0),
            2..=4 => packet(Shape::Segment, usize::from(n) * 47),
            5 => Self::Call { which: n, argument: data.first().copied().unwrap_or(0) },
            6 => Self::Events(n),
            _ => Self::Pause(n),
        };
        Some((record, rest))
    }
}

/// The states, in the order of their bytes in an input.
fn state(byte: u8) -> StateName {
    StateName::ALL[usize::from(byte) % StateName::ALL.len()]
}
