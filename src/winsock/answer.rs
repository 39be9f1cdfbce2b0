//! What a call returns, and why.

use super::arguments::{FdSets, Handle, ProtocolInfo};
use super::error::WsaError;
use super::notify::{Message, NetworkEvent};
use crate::addr::Endpoint;
use crate::buf::Rope;
use crate::rule::Rule;
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;

/// `struct WSAData` (WF-8.6), but for its texts: "WinSock 2.0", "Running".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WsaData {
    /// The version agreed on, major in the low byte.
    pub version: u16,
    /// The highest version there is.
    pub high_version: u16,
    /// 0 from version 2 on.
    pub max_sockets: u16,
    /// 0 from version 2 on.
    pub max_udp_dg: u16,
}

impl WsaData {
    /// `szDescription`
    pub const DESCRIPTION: &'static str = "WinSock 2.0";
    /// `szSystemStatus`
    pub const SYSTEM_STATUS: &'static str = "Running";
}

/// What a call that succeeded returns, out-parameters included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// 0.
    Zero,
    /// send: bytes taken.
    Sent(usize),
    /// recv: the bytes, shared; none at the end of the stream.
    Received(Rope),
    /// recvfrom of a datagram: the bytes, and where they came from.
    ReceivedFrom(Rope, Endpoint),
    /// socket, WSACreateEvent: the new handle.
    Handle(Handle),
    /// accept: the new socket and its peer.
    Accepted(Handle, Endpoint),
    /// getsockname, getpeername.
    Name(Endpoint),
    /// getsockopt: the value's bytes, little endian.
    Option(Bytes),
    /// ioctlsocket: what argp points to afterwards.
    Argument(u32),
    /// WSAStartup: what lpWSAData points to afterwards.
    Startup(WsaData),
    /// WSAGetLastError.
    LastError(i32),
    /// TRUE or FALSE: CloseHandle, WSASetEvent, WSAIsBlocking and their like.
    Bool(bool),
    /// WSAAccept: the provider calls the condition function, for a connection of this peer. The next call of the thread
    /// that may be made is [`Call::ConditionReturns`](super::Call::ConditionReturns).
    Condition(Endpoint),
    /// select: the sets, with who is ready in them; a set that was null is None.
    Selected(Box<FdSets>),
    /// WSAPoll.
    Polled {
        /// What it returns: how many of the sockets have something to say.
        count: usize,
        /// Each entry's `revents`.
        revents: Vec<i16>,
    },
    /// WSAWaitForMultipleEvents: WSA_WAIT_EVENT_0 and the event's place, or WSA_WAIT_TIMEOUT.
    Waited(u32),
    /// WSAEnumNetworkEvents: what was recorded.
    NetworkEvents(Vec<NetworkEvent>),
    /// PeekMessage: the message, if there was one.
    Message(Option<Message>),
    /// WSADuplicateSocket: what lpProtocolInfo points to afterwards.
    Info(ProtocolInfo),
}

impl Value {
    /// The number that the C function returns, if it is one: 0, a count, a handle's value, TRUE.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        let count = |n: usize| i64::try_from(n).ok();
        match self {
            Self::Zero
            | Self::Name(_)
            | Self::Option(_)
            | Self::Argument(_)
            | Self::Startup(_)
            | Self::NetworkEvents(_)
            | Self::Info(_) => Some(0),
            Self::Sent(n) => count(*n),
            Self::Received(data) | Self::ReceivedFrom(data, _) => count(data.len()),
            Self::LastError(code) => Some((*code).into()),
            Self::Bool(yes) => Some((*yes).into()),
            Self::Selected(sets) => count(sets.count()),
            Self::Polled { count: ready, .. } => count(*ready),
            Self::Waited(n) => Some((*n).into()),
            Self::Message(message) => Some(message.is_some().into()),
            Self::Handle(_) | Self::Accepted(..) | Self::Condition(_) => None,
        }
    }
}

/// A call's result: a value, or the error that the call reports.
pub type CallResult = Result<Value, WsaError>;

/// A result and why it is that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    /// The result.
    pub result: CallResult,
    /// The reason.
    pub rule: Rule,
}

/// What becomes of a call at once.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "a blocked call returns later"]
pub enum Outcome {
    /// It has returned.
    Returned(Return),
    /// It blocks its thread; its return comes out of `poll_output`.
    Blocked,
}

/// An attempt at a call: what it returns, or that it would have to wait.
pub(super) enum Attempt {
    Done(CallResult, Rule),
    Wait,
}

impl Attempt {
    pub(super) fn ok(value: Value) -> Self {
        Self::Done(Ok(value), Rule::Completed)
    }

    pub(super) fn fail(error: WsaError) -> Self {
        Self::Done(Err(error), Rule::CallFailed)
    }
}

impl From<Result<Value, WsaError>> for Attempt {
    fn from(result: Result<Value, WsaError>) -> Self {
        match result {
            Ok(value) => Self::ok(value),
            Err(error) => Self::fail(error),
        }
    }
}
