//! Handles: duplicates, and closing them behind Winsock's back.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a call returns one kind of value; any other is a defect"
)]

use super::Winsock;
use super::calls::{Result, unexpected, zero};
use closewait::winsock::{Call, Handle, ProtocolInfo, Value};

impl Winsock {
    /// `WSADuplicateSocket(s, process, &info)`: what another process, or this one, makes a descriptor of with
    /// [`Winsock::socket_from`]. `process` is its number.
    ///
    /// # Errors
    /// As the call.
    pub async fn duplicate_socket(&self, s: Handle, process: u32) -> Result<ProtocolInfo> {
        match self.call(Call::WsaDuplicateSocket { s, process, info: true }).await? {
            Value::Info(info) => Ok(info),
            other => unexpected(&other),
        }
    }

    /// `WSASocket(…, &info)`: one more descriptor of the socket.
    ///
    /// # Errors
    /// As the call.
    pub async fn socket_from(&self, info: ProtocolInfo) -> Result<Handle> {
        let (family, kind, protocol) = (0, 0, 0);
        self.handle(Call::WsaSocket { family, kind, protocol, info: Some(info) }).await
    }

    /// `DuplicateHandle(handle)`, within the process.
    ///
    /// # Errors
    /// As the call.
    pub async fn duplicate_handle(&self, handle: Handle) -> Result<Handle> {
        self.handle(Call::DuplicateHandle { handle }).await
    }

    async fn handle(&self, call: Call) -> Result<Handle> {
        match self.call(call).await? {
            Value::Handle(handle) => Ok(handle),
            other => unexpected(&other),
        }
    }

    /// `CloseHandle(handle)`
    ///
    /// # Errors
    /// As the call.
    pub async fn close_handle(&self, handle: Handle) -> Result<()> {
        self.call(Call::CloseHandle { handle }).await.map(|_| ())
    }

    /// `WSASendDisconnect(s)`
    ///
    /// # Errors
    /// As the call.
    pub async fn send_disconnect(&self, s: Handle) -> Result<()> {
        zero(self.call(Call::WsaSendDisconnect { s }).await)
    }

    /// `WSARecvDisconnect(s)`
    ///
    /// # Errors
    /// As the call.
    pub async fn recv_disconnect(&self, s: Handle) -> Result<()> {
        zero(self.call(Call::WsaRecvDisconnect { s }).await)
    }
}
