//! Winsock's calls as `async fn`s. Each is one call of the thread; names and errors are Winsock's.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a call returns one kind of value; any other is a defect"
)]

use super::{Aside, Asked, Request, Shared};
use bytes::{Buf, Bytes};
use closewait::addr::Endpoint;
use closewait::buf::Rope;
use closewait::time::{Duration, Instant};
use closewait::winsock::{Call, CallResult, Decision, Handle, Linger, Value, WsaError, consts};
use std::future::Future;

/// The calls that a program's thread can make.
#[derive(Clone, Debug)]
pub struct Winsock {
    mailbox: Shared,
}

pub(super) type Result<T> = std::result::Result<T, WsaError>;

/// What a call of that name returns when it succeeds is known; anything else is a defect of this crate.
pub(super) fn unexpected(value: &Value) -> ! {
    unreachable!("the call does not return {value:?}")
}

pub(super) fn zero(result: CallResult) -> Result<()> {
    match result? {
        Value::Zero => Ok(()),
        other => unexpected(&other),
    }
}

impl Winsock {
    pub(super) fn new(mailbox: Shared) -> Self {
        Self { mailbox }
    }

    /// Any call, as data.
    ///
    /// # Errors
    /// The call's own.
    pub async fn call(&self, call: Call) -> CallResult {
        Asked::new(&self.mailbox, Request::Call(call)).await
    }

    /// A call that the thread makes while another of its calls blocks, as a blocking hook of Winsock 1.1 does.
    pub(super) async fn beside(&self, call: Call) -> CallResult {
        Aside::new(&self.mailbox, call).await
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.mailbox.borrow().now
    }

    /// Does nothing until `at`.
    pub async fn sleep_until(&self, at: Instant) {
        let _ = Asked::new(&self.mailbox, Request::SleepUntil(at)).await;
    }

    /// Does nothing for a while.
    pub async fn sleep(&self, time: Duration) {
        self.sleep_until(self.now() + time).await;
    }

    /// `WSAStartup(MAKEWORD(2, 2))`
    ///
    /// # Errors
    /// As the call.
    pub async fn startup(&self) -> Result<()> {
        self.call(Call::startup(0x0202)).await.map(|_| ())
    }

    /// `WSACleanup()`
    ///
    /// # Errors
    /// As the call.
    pub async fn cleanup(&self) -> Result<()> {
        zero(self.call(Call::WsaCleanup).await)
    }

    /// `WSAGetLastError()`: the thread's last error code, 0 if there was none.
    pub async fn last_error(&self) -> i32 {
        match self.call(Call::WsaGetLastError).await {
            Ok(Value::LastError(code)) => code,
            Ok(other) => unexpected(&other),
            Err(error) => error.code(),
        }
    }

    /// `socket(family, kind, protocol)`
    ///
    /// # Errors
    /// As the call.
    pub async fn socket(&self, family: i32, kind: i32, protocol: i32) -> Result<Handle> {
        match self.call(Call::Socket { family, kind, protocol }).await? {
            Value::Handle(s) => Ok(s),
            other => unexpected(&other),
        }
    }

    /// `socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)`
    ///
    /// # Errors
    /// As the call.
    pub async fn stream(&self) -> Result<Handle> {
        self.socket(consts::AF_INET, consts::SOCK_STREAM, consts::IPPROTO_TCP).await
    }

    /// `bind(s, name)`
    ///
    /// # Errors
    /// As the call.
    pub async fn bind(&self, s: Handle, name: Endpoint) -> Result<()> {
        zero(self.call(Call::bind(s, name)).await)
    }

    /// `listen(s, backlog)`
    ///
    /// # Errors
    /// As the call.
    pub async fn listen(&self, s: Handle, backlog: i32) -> Result<()> {
        zero(self.call(Call::Listen { s, backlog }).await)
    }

    /// `accept(s)`: the new socket and its peer.
    ///
    /// # Errors
    /// As the call.
    pub async fn accept(&self, s: Handle) -> Result<(Handle, Endpoint)> {
        match self.call(Call::accept(s)).await? {
            Value::Accepted(s, peer) => Ok((s, peer)),
            other => unexpected(&other),
        }
    }

    /// `WSAAccept(s, NULL, NULL, condition)`: `condition` is asked about the peer. Calls that it makes fail with
    /// WSAEINPROGRESS (CS-A5).
    ///
    /// # Errors
    /// As the call: WSAECONNREFUSED if the condition rejects, WSATRY_AGAIN if it defers.
    pub async fn wsa_accept<F: Future<Output = Decision>>(
        &self,
        s: Handle,
        condition: impl FnOnce(Self, Endpoint) -> F,
    ) -> Result<(Handle, Endpoint)> {
        let asked = self.call(Call::WsaAccept { s, name_len: None, condition: true }).await?;
        let Value::Condition(caller) = asked else { unexpected(&asked) };
        let decision = condition(self.clone(), caller).await;
        match self.call(Call::ConditionReturns { decision }).await? {
            Value::Accepted(s, peer) => Ok((s, peer)),
            other => unexpected(&other),
        }
    }

    /// `connect(s, name)`
    ///
    /// # Errors
    /// As the call.
    pub async fn connect(&self, s: Handle, name: Endpoint) -> Result<()> {
        zero(self.call(Call::connect(s, name)).await)
    }

    /// `send(s, data, 0)`: the bytes are shared, not copied. The number of bytes taken.
    ///
    /// # Errors
    /// As the call.
    pub async fn send(&self, s: Handle, data: Bytes) -> Result<usize> {
        match self.call(Call::send(s, data)).await? {
            Value::Sent(n) => Ok(n),
            other => unexpected(&other),
        }
    }

    /// `send(s, data, 0)`, copying.
    ///
    /// # Errors
    /// As the call.
    pub async fn send_from(&self, s: Handle, data: &[u8]) -> Result<usize> {
        self.send(s, Bytes::copy_from_slice(data)).await
    }

    /// `recv(s, len, 0)`: up to `len` bytes, shared and not copied; none at the end of the stream.
    ///
    /// # Errors
    /// As the call.
    pub async fn recv(&self, s: Handle, len: usize) -> Result<Rope> {
        match self.call(Call::recv(s, len)).await? {
            Value::Received(data) => Ok(data),
            other => unexpected(&other),
        }
    }

    /// `sendto(s, data, 0, to)`: the bytes are shared, not copied. The number of bytes taken.
    ///
    /// # Errors
    /// As the call.
    pub async fn sendto(&self, s: Handle, data: Bytes, to: Endpoint) -> Result<usize> {
        match self.call(Call::Sendto { s, data: Some(data), flags: 0, to: Some(to.into()) }).await? {
            Value::Sent(n) => Ok(n),
            other => unexpected(&other),
        }
    }

    /// `recvfrom(s, len, 0)`: a datagram of up to `len` bytes, and where it came from; of a stream socket, bytes as
    /// recv has them, and nothing.
    ///
    /// # Errors
    /// As the call.
    pub async fn recvfrom(&self, s: Handle, len: usize) -> Result<(Rope, Option<Endpoint>)> {
        match self.call(Call::Recvfrom { s, len: Some(len), flags: 0 }).await? {
            Value::ReceivedFrom(data, from) => Ok((data, Some(from))),
            Value::Received(data) => Ok((data, None)),
            other => unexpected(&other),
        }
    }

    /// `recv(s, buf, 0)`, copying. The number of bytes; 0 at the end of the stream.
    ///
    /// # Errors
    /// As the call.
    pub async fn recv_into(&self, s: Handle, buf: &mut [u8]) -> Result<usize> {
        let mut data = self.recv(s, buf.len()).await?;
        let n = data.remaining();
        data.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }

    /// Receives until the end of the stream or an error: what was received, and how it ended.
    pub async fn recv_all(&self, s: Handle) -> (Vec<Rope>, Result<()>) {
        let mut all = Vec::new();
        loop {
            match self.recv(s, 1 << 20).await {
                Ok(data) if data.is_empty() => return (all, Ok(())),
                Ok(data) => all.push(data),
                Err(error) => return (all, Err(error)),
            }
        }
    }

    /// `shutdown(s, how)`
    ///
    /// # Errors
    /// As the call.
    pub async fn shutdown(&self, s: Handle, how: i32) -> Result<()> {
        zero(self.call(Call::Shutdown { s, how }).await)
    }

    /// `closesocket(s)`
    ///
    /// # Errors
    /// As the call.
    pub async fn closesocket(&self, s: Handle) -> Result<()> {
        zero(self.call(Call::Closesocket { s }).await)
    }

    /// `setsockopt` with a value's bytes, little endian.
    ///
    /// # Errors
    /// As the call.
    pub async fn setsockopt(&self, s: Handle, level: i32, name: i32, value: &[u8]) -> Result<()> {
        let value = Some(Bytes::copy_from_slice(value));
        zero(self.call(Call::Setsockopt { s, level, name, value }).await)
    }

    /// `setsockopt(s, SOL_SOCKET, name, int)`
    ///
    /// # Errors
    /// As the call.
    pub async fn set_int(&self, s: Handle, name: i32, value: i32) -> Result<()> {
        self.setsockopt(s, consts::SOL_SOCKET, name, &value.to_le_bytes()).await
    }

    /// `setsockopt(s, SOL_SOCKET, SO_LINGER, {l_onoff, l_linger})`
    ///
    /// # Errors
    /// As the call.
    pub async fn set_linger(&self, s: Handle, l_onoff: u16, l_linger: u16) -> Result<()> {
        let ([a, b], [c, d]) = (l_onoff.to_le_bytes(), l_linger.to_le_bytes());
        self.setsockopt(s, consts::SOL_SOCKET, consts::SO_LINGER, &[a, b, c, d]).await
    }

    /// `getsockopt` into a buffer of `len` bytes.
    ///
    /// # Errors
    /// As the call.
    pub async fn getsockopt(&self, s: Handle, level: i32, name: i32, len: usize) -> Result<Bytes> {
        match self.call(Call::getsockopt(s, level, name, len)).await? {
            Value::Option(bytes) => Ok(bytes),
            other => unexpected(&other),
        }
    }

    /// `getsockopt(s, SOL_SOCKET, name)` of an int or bool; of a bool perhaps one byte is written, as Windows does.
    ///
    /// # Errors
    /// As the call.
    pub async fn get_int(&self, s: Handle, name: i32) -> Result<i32> {
        let bytes = self.getsockopt(s, consts::SOL_SOCKET, name, 4).await?;
        let mut int = [0; 4];
        int.iter_mut().zip(&bytes).for_each(|(to, &byte)| *to = byte);
        Ok(i32::from_le_bytes(int))
    }

    /// `getsockopt(s, SOL_SOCKET, SO_LINGER)`
    ///
    /// # Errors
    /// As the call.
    pub async fn linger(&self, s: Handle) -> Result<Linger> {
        let bytes = self.getsockopt(s, consts::SOL_SOCKET, consts::SO_LINGER, 4).await?;
        let [a, b, c, d] = *bytes.first_chunk().ok_or(WsaError::Fault)?;
        Ok(Linger { l_onoff: u16::from_le_bytes([a, b]), l_linger: u16::from_le_bytes([c, d]) })
    }

    /// `ioctlsocket(s, FIONBIO, nonblocking)`
    ///
    /// # Errors
    /// As the call.
    pub async fn set_nonblocking(&self, s: Handle, nonblocking: bool) -> Result<()> {
        let call = Call::set_nonblocking(s, nonblocking);
        self.call(call).await.map(|_| ())
    }

    /// `ioctlsocket(s, FIONREAD)`: bytes that can be read now.
    ///
    /// # Errors
    /// As the call.
    pub async fn readable(&self, s: Handle) -> Result<u32> {
        match self.call(Call::Ioctlsocket { s, cmd: consts::FIONREAD, arg: Some(0) }).await? {
            Value::Argument(n) => Ok(n),
            other => unexpected(&other),
        }
    }

    /// `WSAIoctl(s, code, input, …)`
    ///
    /// # Errors
    /// As the call.
    pub async fn wsa_ioctl(&self, s: Handle, code: u32, input: &[u8]) -> Result<()> {
        let input = Some(Bytes::copy_from_slice(input));
        self.call(Call::WsaIoctl { s, code, input }).await.map(|_| ())
    }

    /// `getsockname(s)`
    ///
    /// # Errors
    /// As the call.
    pub async fn getsockname(&self, s: Handle) -> Result<Endpoint> {
        match self.call(Call::getsockname(s)).await? {
            Value::Name(name) => Ok(name),
            other => unexpected(&other),
        }
    }

    /// `getpeername(s)`
    ///
    /// # Errors
    /// As the call.
    pub async fn getpeername(&self, s: Handle) -> Result<Endpoint> {
        match self.call(Call::getpeername(s)).await? {
            Value::Name(name) => Ok(name),
            other => unexpected(&other),
        }
    }
}
