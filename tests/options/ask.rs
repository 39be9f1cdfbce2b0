//! Options by their rows, and sockets to ask.

use crate::pair::{End, PORT, Pair};
use bytes::Bytes;
use closewait::winsock::options::{Row, SocketState};
use closewait::winsock::{Call, CallResult, Value, WsaError, consts};

/// The row of this name.
pub(crate) fn row(name: &str) -> &'static Row {
    Row::named(name).unwrap_or_else(|| panic!("{name} has no row"))
}

impl Pair {
    /// setsockopt by level and number; none is a null pointer.
    pub(crate) fn set_raw(&mut self, end: End, at: (i32, i32), value: Option<&[u8]>) -> CallResult {
        let value = value.map(Bytes::copy_from_slice);
        self.call(end, Call::Setsockopt { s: end.socket, level: at.0, name: at.1, value })
    }

    /// getsockopt by level and number into a buffer of `len` bytes: what was written.
    pub(crate) fn get_at(&mut self, end: End, at: (i32, i32), len: usize) -> Result<Vec<u8>, WsaError> {
        let value = self.call(end, Call::getsockopt(end.socket, at.0, at.1, len))?;
        let Value::Option(bytes) = value else { panic!("getsockopt returns {value:?}") };
        Ok(bytes.to_vec())
    }

    /// setsockopt by name, of four bytes.
    pub(crate) fn put(&mut self, end: End, name: &str, value: i32) -> CallResult {
        let row = row(name);
        self.set_raw(end, (row.level, row.number), Some(&value.to_le_bytes()))
    }

    /// getsockopt by name, into four bytes: the number.
    pub(crate) fn ask(&mut self, end: End, name: &str) -> u32 {
        let row = row(name);
        let bytes = self.get_at(end, (row.level, row.number), 4).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut four = [0; 4];
        four[..bytes.len()].copy_from_slice(&bytes);
        u32::from_le_bytes(four)
    }

    /// A datagram socket for the thread.
    pub(crate) fn datagrams(&mut self, end: End) -> End {
        let (family, kind) = (consts::AF_INET, consts::SOCK_DGRAM);
        let made = self.call(end, Call::Socket { family, kind, protocol: consts::IPPROTO_UDP });
        let Ok(Value::Handle(socket)) = made else { panic!("socket: {made:?}") };
        End { socket, ..end }
    }

    /// A new stream socket of the client's in that state, to a server that listens at [`PORT`].
    pub(crate) fn in_state(&mut self, state: SocketState) -> End {
        let end = self.socket(self.client);
        match state {
            SocketState::Unbound => {}
            SocketState::Bound => assert!(self.bind(end, PORT).is_ok()),
            SocketState::Listening => {
                assert!(self.bind(end, PORT).is_ok());
                assert!(self.listen(end, 5).is_ok());
            }
            SocketState::Connecting | SocketState::Connected => {
                self.nonblocking(end, true);
                let connect = self.connect(end);
                assert_eq!(self.call(end, connect), Err(WsaError::WouldBlock));
            }
        }
        if state == SocketState::Connected {
            self.rest();
        }
        end
    }
}
