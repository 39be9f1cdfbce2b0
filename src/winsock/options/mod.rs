//! Socket options: setsockopt, getsockopt, and the table that both go by.
//!
//! ```text
//!   table.rs     TABLE: a row an option; level, number, name, type, sockets, get, set (in which states), effect
//!   absent.rs    ABSENT: what Windows has and this project does not, each with its reason
//!   values.rs    bytes <-> value, with Windows' checks of lengths
//!   state.rs     the states of a socket that decide what may be set
//!   set.rs       setsockopt of each row      get.rs   getsockopt of each row
//!   settings.rs  what a socket was set to
//! ```
//!
//! What is checked, and in this order: the level (WSAEINVAL), the option, whether the socket is of its kind, and
//! whether it can be set or read at all (WSAENOPROTOOPT); the pointer and the length (WSAEFAULT); the socket's state
//! and the value (WSAEINVAL). An option does what its row says, or it has no row. To add one: a row, an arm in `set.rs`
//! or `get.rs`, a field in `settings.rs`, a test; `docs/generated/options.md` is written from the rows.

mod absent;
mod get;
mod set;
mod settings;
mod state;
mod table;
mod values;

pub use absent::{ABSENT, ABSENT_LEVELS, Absent};
pub(super) use settings::{MaxRt, Options, Rare};
pub use state::SocketState;
pub use table::{ALIASES, Kind, Row, Sockets, TABLE};
pub use values::Linger;

use super::Winsock;
use super::error::WsaError;
use super::socket::SocketId;

impl Winsock {
    /// The row of an option that the socket has (WF-2.38, WF-2.40).
    fn option_row(&self, id: SocketId, level: i32, number: i32) -> Result<&'static Row, WsaError> {
        let has_level = TABLE.iter().any(|row| row.level == level)
            || ABSENT_LEVELS.iter().any(|&(absent, ..)| absent == level);
        if !has_level {
            return Err(WsaError::Inval);
        }
        let absent = || ABSENT.iter().find(|absent| absent.level == level && absent.number == number);
        match Row::find(level, number) {
            Some(row) if row.sockets.include(self.is_datagram(id)) => Ok(row),
            Some(_) => Err(WsaError::NoProtoOpt),
            None => Err(absent().map_or(WsaError::NoProtoOpt, |absent| absent.error)),
        }
    }
}
