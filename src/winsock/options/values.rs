//! How a value lies in the caller's bytes (WF-2.30, 2.33 to 2.35): what setsockopt reads, what getsockopt writes.
//!
//! | type | setsockopt wants | getsockopt wants, and writes |
//! |---|---|---|
//! | struct linger, int, DWORD | 4 bytes or more | 4 or more; 4 |
//! | BOOL | at SOL_SOCKET none will do, and changes nothing; else 1 or more | 1 or more; 4, or 1 where there is no room for 4 |
//! | BOOL of one byte | 1 or more | 1 or more; 1 |

use super::table::{Kind, Row};
use crate::winsock::consts::SOL_SOCKET;
use crate::winsock::error::WsaError;
use bytes::Bytes;

/// `struct linger`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Linger {
    /// Nonzero: the option is on. Kept as it was set (WF-2.32).
    pub l_onoff: u16,
    /// The timeout in seconds.
    pub l_linger: u16,
}

/// A value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Typed {
    Bool(bool),
    /// An int, or the bits of a DWORD.
    Int(i32),
    Linger(Linger),
}

impl From<bool> for Typed {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Typed {
    fn from(value: u32) -> Self {
        Self::Int(value.cast_signed())
    }
}

/// What setsockopt is given; none if no byte was, where that is allowed.
pub(super) fn read(row: &Row, bytes: &[u8]) -> Result<Option<Typed>, WsaError> {
    let four: Option<&[u8; 4]> = bytes.first_chunk();
    let typed = match row.kind {
        Kind::Bool if bytes.is_empty() && row.level == SOL_SOCKET => return Ok(None),
        Kind::Bool if bytes.is_empty() => None,
        Kind::Bool => Some(Typed::Bool(bytes.iter().take(4).any(|&byte| byte != 0))),
        Kind::ByteBool => bytes.first().map(|&byte| Typed::Bool(byte != 0)),
        Kind::Int | Kind::Dword => four.map(|&four| Typed::Int(i32::from_le_bytes(four))),
        Kind::Linger => four.map(|&[a, b, c, d]| {
            let (l_onoff, l_linger) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
            Typed::Linger(Linger { l_onoff, l_linger })
        }),
    };
    typed.map(Some).ok_or(WsaError::Fault)
}

/// How many bytes getsockopt writes into a buffer of `len`.
pub(super) fn room(row: &Row, len: usize) -> Result<usize, WsaError> {
    match (row.kind, len) {
        (Kind::Bool | Kind::ByteBool, 0) | (Kind::Int | Kind::Dword | Kind::Linger, 0..4) => {
            Err(WsaError::Fault)
        }
        (Kind::Bool, 1..4) | (Kind::ByteBool, _) => Ok(1),
        (Kind::Bool | Kind::Int | Kind::Dword | Kind::Linger, _) => Ok(4),
    }
}

/// The first `room` bytes of a value.
pub(super) fn write(value: Typed, room: usize) -> Bytes {
    let bytes = match value {
        Typed::Bool(value) => u32::from(value).to_le_bytes(),
        Typed::Int(value) => value.to_le_bytes(),
        Typed::Linger(Linger { l_onoff, l_linger }) => {
            let ([a, b], [c, d]) = (l_onoff.to_le_bytes(), l_linger.to_le_bytes());
            [a, b, c, d]
        }
    };
    Bytes::copy_from_slice(&bytes[..room.min(bytes.len())])
}
