//! select, WSAPoll, events, messages; what only Winsock 1.1 had.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a call returns one kind of value; any other is a defect"
)]

use super::Winsock;
use super::calls::{Result, unexpected, zero};
use closewait::winsock::{
    Call, FdSets, Handle, Message, NetworkEvent, PollFd, Timeval, Value, Window, consts,
};

fn truth(result: Result<Value>) -> Result<bool> {
    match result? {
        Value::Bool(yes) => Ok(yes),
        other => unexpected(&other),
    }
}

fn done(result: Result<Value>) -> Result<()> {
    truth(result).map(|_| ())
}

impl Winsock {
    /// `select(read, write, except, timeout)`: the sets with those in them who are ready.
    ///
    /// # Errors
    /// As the call.
    pub async fn select(&self, sets: FdSets, timeout: Option<Timeval>) -> Result<FdSets> {
        match self.call(Call::Select { sets: Box::new(sets), timeout }).await? {
            Value::Selected(ready) => Ok(*ready),
            other => unexpected(&other),
        }
    }

    /// `WSAPoll(fds, timeout)`: how many entries have something to say, and each entry's `revents`.
    ///
    /// # Errors
    /// As the call.
    pub async fn wsa_poll(&self, fds: &[PollFd], timeout: i32) -> Result<(usize, Vec<i16>)> {
        match self.call(Call::WsaPoll { fds: Some(fds.to_vec()), timeout }).await? {
            Value::Polled { count, revents } => Ok((count, revents)),
            other => unexpected(&other),
        }
    }

    /// `WSACreateEvent()`
    ///
    /// # Errors
    /// As the call.
    pub async fn create_event(&self) -> Result<Handle> {
        match self.call(Call::WsaCreateEvent).await? {
            Value::Handle(event) => Ok(event),
            other => unexpected(&other),
        }
    }

    /// `WSACloseEvent(event)`
    ///
    /// # Errors
    /// As the call.
    pub async fn close_event(&self, event: Handle) -> Result<()> {
        done(self.call(Call::WsaCloseEvent { event }).await)
    }

    /// `WSASetEvent(event)`
    ///
    /// # Errors
    /// As the call.
    pub async fn set_event(&self, event: Handle) -> Result<()> {
        done(self.call(Call::WsaSetEvent { event }).await)
    }

    /// `WSAResetEvent(event)`
    ///
    /// # Errors
    /// As the call.
    pub async fn reset_event(&self, event: Handle) -> Result<()> {
        done(self.call(Call::WsaResetEvent { event }).await)
    }

    /// `WSAWaitForMultipleEvents(events, all, timeout)`: the place of the event that is signalled; none when the time (in
    /// ms) is over.
    ///
    /// # Errors
    /// As the call.
    pub async fn wait_for_events(
        &self,
        events: &[Handle],
        all: bool,
        timeout: Option<u32>,
    ) -> Result<Option<usize>> {
        let events = Some(events.to_vec());
        match self.call(Call::WsaWaitForMultipleEvents { events, all, timeout }).await? {
            Value::Waited(consts::WSA_WAIT_TIMEOUT) => Ok(None),
            Value::Waited(place) => Ok(Some(place as usize)),
            other => unexpected(&other),
        }
    }

    /// `WSAEventSelect(s, event, events)`
    ///
    /// # Errors
    /// As the call.
    pub async fn event_select(&self, s: Handle, event: Option<Handle>, events: i32) -> Result<()> {
        zero(self.call(Call::WsaEventSelect { s, event, events }).await)
    }

    /// `WSAEnumNetworkEvents(s, event)`: what was recorded; `event` is reset.
    ///
    /// # Errors
    /// As the call.
    pub async fn enum_network_events(&self, s: Handle, event: Option<Handle>) -> Result<Vec<NetworkEvent>> {
        match self.call(Call::WsaEnumNetworkEvents { s, event, out: true }).await? {
            Value::NetworkEvents(events) => Ok(events),
            other => unexpected(&other),
        }
    }

    /// `WSAAsyncSelect(s, window, message, events)`
    ///
    /// # Errors
    /// As the call.
    pub async fn async_select(&self, s: Handle, window: Window, events: i32) -> Result<()> {
        zero(self.call(Call::WsaAsyncSelect { s, window: Some(window), events }).await)
    }

    /// `PeekMessage(window, PM_REMOVE)`: the next message, if there is one.
    ///
    /// # Errors
    /// None of its own; those that every call of a thread has.
    pub async fn peek_message(&self, window: Window) -> Result<Option<Message>> {
        match self.call(Call::PeekMessage { window }).await? {
            Value::Message(message) => Ok(message),
            other => unexpected(&other),
        }
    }

    /// `WSASetBlockingHook`, Winsock 1.1. What a hook would do, another future of the same thread does:
    /// [`Winsock::is_blocking`], [`Winsock::cancel_blocking_call`]; any other call is WSAEINPROGRESS while one blocks.
    ///
    /// # Errors
    /// As the call.
    pub async fn set_blocking_hook(&self) -> Result<()> {
        done(self.call(Call::WsaSetBlockingHook { hook: true }).await)
    }

    /// `WSAUnhookBlockingHook()`, Winsock 1.1.
    ///
    /// # Errors
    /// As the call.
    pub async fn unhook_blocking_hook(&self) -> Result<()> {
        zero(self.call(Call::WsaUnhookBlockingHook).await)
    }

    /// `WSAIsBlocking()`, Winsock 1.1: whether another call of this thread blocks.
    ///
    /// # Errors
    /// None of its own.
    pub async fn is_blocking(&self) -> Result<bool> {
        truth(self.beside(Call::WsaIsBlocking).await)
    }

    /// `WSACancelBlockingCall()`, Winsock 1.1: the call of this thread that blocks fails with WSAEINTR.
    ///
    /// # Errors
    /// As the call.
    pub async fn cancel_blocking_call(&self) -> Result<()> {
        zero(self.beside(Call::WsaCancelBlockingCall).await)
    }
}
