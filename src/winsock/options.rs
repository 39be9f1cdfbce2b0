//! Socket options: a table, a row an option, and how each is read and set.

use super::consts::*;
use super::error::WsaError;
use super::io::pending_error;
use super::socket::{Phase, SocketId};
use super::{Value, Winsock};
use crate::profile::{DontLinger, KeepAlive, MaxR2, Profile, SoError};
use crate::stack::{Sharing, Stack};
use crate::tcp::Tuning;
use crate::time::{Duration, Instant};
use bytes::Bytes;
use core::num::NonZeroU8;

/// `struct linger`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Linger {
    /// Nonzero: the option is on. Kept as it was set (WF-2.32).
    pub l_onoff: u16,
    /// The timeout in seconds.
    pub l_linger: u16,
}

/// What a socket was set to, apart from what its connection negotiates.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Options {
    pub(super) linger: Linger,
    /// SO_LINGER has named a timeout (CS-C4).
    pub(super) linger_named: bool,
    pub(super) reuse: bool,
    pub(super) exclusive: bool,
    pub(super) send_buffer: u32,
    pub(super) receive_buffer: u32,
    pub(super) nodelay: bool,
    /// SO_KEEPALIVE, SIO_KEEPALIVE_VALS.
    pub(super) keep_alive: bool,
    /// In milliseconds: the first probe, and those that follow; and how many.
    pub(super) keep_idle: u32,
    pub(super) keep_interval: u32,
    pub(super) keep_probes: u8,
    /// SIO_TCP_SET_ACK_FREQUENCY, once it was set.
    pub(super) ack_frequency: Option<NonZeroU8>,
    /// TCP_MAXRT.
    pub(super) max_rt: i32,
    /// SO_OOBINLINE.
    pub(super) oob_inline: bool,
    /// SO_RCVTIMEO, SO_SNDTIMEO, in milliseconds; 0: for ever.
    pub(super) receive_timeout: u32,
    pub(super) send_timeout: u32,
}

impl Options {
    pub(super) fn new(profile: &Profile) -> Self {
        Self {
            linger: Linger::default(),
            linger_named: false,
            reuse: false,
            exclusive: false,
            send_buffer: profile.send_buffer,
            receive_buffer: profile.receive_buffer,
            nodelay: false,
            keep_alive: false,
            keep_idle: millis(profile.keep_alive.idle),
            keep_interval: millis(profile.keep_alive.interval),
            keep_probes: profile.keep_alive.probes.max(1),
            ack_frequency: None,
            max_rt: 0,
            oob_inline: false,
            receive_timeout: 0,
            send_timeout: 0,
        }
    }

    /// What of it few sockets set, as a connection has it.
    pub(super) fn tuning(&self) -> Tuning {
        let time = |ms: u32| Duration::from_millis(ms.max(1).into());
        let keep_alive = KeepAlive {
            idle: time(self.keep_idle),
            interval: time(self.keep_interval),
            probes: self.keep_probes,
        };
        let seconds = u64::try_from(self.max_rt).ok().map(Duration::from_secs);
        Tuning {
            ack_frequency: self.ack_frequency,
            keep_alive: self.keep_alive.then_some(keep_alive),
            oob_inline: self.oob_inline,
            max_r2: (self.max_rt != 0).then_some(MaxR2 { retransmissions: None, time: seconds }),
        }
    }

    pub(super) fn sharing(&self) -> Sharing {
        match (self.exclusive, self.reuse) {
            (true, _) => Sharing::Exclusive,
            (false, true) => Sharing::Reuse,
            (false, false) => Sharing::Default,
        }
    }
}

/// An option of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Name {
    Linger,
    DontLinger,
    ReuseAddr,
    ExclusiveAddrUse,
    SendBuffer,
    ReceiveBuffer,
    Error,
    NoDelay,
    KeepAlive,
    KeepIdle,
    KeepInterval,
    KeepProbes,
    MaxRt,
    OobInline,
}

/// The C type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Bool,
    Int,
    Linger,
}

struct Row {
    level: i32,
    optname: i32,
    name: Name,
    kind: Kind,
    settable: bool,
}

const fn row(level: i32, optname: i32, name: Name, kind: Kind, settable: bool) -> Row {
    Row { level, optname, name, kind, settable }
}

const TABLE: [Row; 14] = [
    row(SOL_SOCKET, SO_LINGER, Name::Linger, Kind::Linger, true),
    row(SOL_SOCKET, SO_DONTLINGER, Name::DontLinger, Kind::Bool, true),
    row(SOL_SOCKET, SO_REUSEADDR, Name::ReuseAddr, Kind::Bool, true),
    row(SOL_SOCKET, SO_EXCLUSIVEADDRUSE, Name::ExclusiveAddrUse, Kind::Bool, true),
    row(SOL_SOCKET, SO_SNDBUF, Name::SendBuffer, Kind::Int, true),
    row(SOL_SOCKET, SO_RCVBUF, Name::ReceiveBuffer, Kind::Int, true),
    row(SOL_SOCKET, SO_ERROR, Name::Error, Kind::Int, false),
    row(IPPROTO_TCP, TCP_NODELAY, Name::NoDelay, Kind::Bool, true),
    row(SOL_SOCKET, SO_OOBINLINE, Name::OobInline, Kind::Bool, true),
    row(SOL_SOCKET, SO_KEEPALIVE, Name::KeepAlive, Kind::Bool, true),
    row(IPPROTO_TCP, TCP_KEEPIDLE, Name::KeepIdle, Kind::Int, true),
    row(IPPROTO_TCP, TCP_KEEPINTVL, Name::KeepInterval, Kind::Int, true),
    row(IPPROTO_TCP, TCP_MAXRT, Name::MaxRt, Kind::Int, true),
    row(IPPROTO_TCP, TCP_KEEPCNT, Name::KeepProbes, Kind::Int, true),
];

/// WF-2.40: an unknown level is WSAEINVAL, an unknown option WSAENOPROTOOPT.
fn find(level: i32, optname: i32) -> Result<&'static Row, WsaError> {
    if !TABLE.iter().any(|row| row.level == level) {
        return Err(WsaError::Inval);
    }
    TABLE.iter().find(|row| row.level == level && row.optname == optname).ok_or(WsaError::NoProtoOpt)
}

/// A value as the caller's bytes give it.
enum Given {
    /// No byte at all, where that is allowed (WF-2.35).
    Nothing,
    Bool(bool),
    Int(i32),
    Linger(Linger),
}

/// WF-2.30, 2.33 to 2.35: how many bytes a value needs, and what they mean.
fn given(row: &Row, bytes: &[u8]) -> Result<Given, WsaError> {
    let int = |b: &[u8]| b.first_chunk().map(|b| i32::from_le_bytes(*b)).ok_or(WsaError::Fault);
    match row.kind {
        Kind::Linger => {
            let [a, b, c, d] = *bytes.first_chunk().ok_or(WsaError::Fault)?;
            let (l_onoff, l_linger) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
            Ok(Given::Linger(Linger { l_onoff, l_linger }))
        }
        Kind::Int => int(bytes).map(Given::Int),
        Kind::Bool if bytes.is_empty() && row.name == Name::DontLinger => Ok(Given::Nothing),
        Kind::Bool if bytes.is_empty() => Err(WsaError::Fault),
        Kind::Bool => Ok(Given::Bool(bytes.iter().take(4).any(|&b| b != 0))),
    }
}

/// Whole milliseconds.
fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// A number of seconds, at least 1, in milliseconds.
fn seconds(n: i32) -> Result<u32, WsaError> {
    let n = u32::try_from(n).ok().filter(|n| *n > 0).ok_or(WsaError::Inval)?;
    n.checked_mul(1000).ok_or(WsaError::Inval)
}

impl Winsock {
    pub(super) fn setsockopt(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        (level, optname): (i32, i32),
        value: Option<&Bytes>,
    ) -> Result<Value, WsaError> {
        let row = self.find_for(id, level, optname)?;
        let given = given(row, value.ok_or(WsaError::Fault)?)?;
        if !row.settable {
            return Err(WsaError::NoProtoOpt);
        }
        let profile = stack.profile();
        let socket = self.sockets.get_mut(id);
        let bound = socket.binding.is_some() || matches!(socket.phase, Phase::Datagram(Some(_)));
        let connecting = matches!(socket.phase, Phase::Connecting(_));
        let options = &mut socket.options;
        match (row.name, given) {
            (_, Given::Nothing) => {}
            (Name::Linger, Given::Linger(linger)) => {
                options.linger = linger;
                options.linger_named = true;
            }
            (Name::DontLinger, Given::Bool(value)) => {
                let off = value == (profile.dontlinger == DontLinger::TrueIsOff);
                options.linger.l_onoff = u16::from(!off);
                if !off && !options.linger_named {
                    options.linger.l_linger = profile.dontlinger_seconds;
                }
            }
            // WF-9.17: one of the two at a time.
            (Name::ReuseAddr, Given::Bool(true)) if options.exclusive => return Err(WsaError::Inval),
            (Name::ReuseAddr, Given::Bool(value)) => options.reuse = value,
            (Name::ExclusiveAddrUse, Given::Bool(true)) if options.reuse || bound => {
                return Err(WsaError::Inval);
            }
            (Name::ExclusiveAddrUse, Given::Bool(value)) => options.exclusive = value,
            (Name::SendBuffer, Given::Int(n)) => {
                options.send_buffer = u32::try_from(n).map_err(|_| WsaError::Inval)?;
                self.release(stack, now, id);
            }
            (Name::ReceiveBuffer, Given::Int(n)) => {
                let n = u32::try_from(n).map_err(|_| WsaError::Inval)?;
                options.receive_buffer = n;
                self.apply_options(stack, now, id);
            }
            (Name::NoDelay, Given::Bool(value)) => {
                options.nodelay = value;
                self.apply_options(stack, now, id);
            }
            (Name::OobInline, Given::Bool(value)) => {
                options.oob_inline = value;
                self.apply_options(stack, now, id);
            }
            // WF-10.11.
            (Name::KeepAlive, Given::Bool(_)) if connecting => return Err(WsaError::Inval),
            (Name::KeepAlive, Given::Bool(value)) => {
                options.keep_alive = value;
                self.apply_options(stack, now, id);
            }
            (Name::KeepIdle, Given::Int(n)) => {
                options.keep_idle = seconds(n)?;
                self.apply_options(stack, now, id);
            }
            (Name::KeepInterval, Given::Int(n)) => {
                options.keep_interval = seconds(n)?;
                self.apply_options(stack, now, id);
            }
            (Name::KeepProbes, Given::Int(n)) => {
                let n = u8::try_from(n).ok().filter(|n| *n > 0);
                options.keep_probes = n.ok_or(WsaError::Inval)?;
                self.apply_options(stack, now, id);
            }
            // R69.
            (Name::MaxRt, Given::Int(n)) if n < -1 => return Err(WsaError::Inval),
            (Name::MaxRt, Given::Int(n)) => {
                options.max_rt = n;
                self.apply_options(stack, now, id);
            }
            (_, Given::Bool(_) | Given::Int(_) | Given::Linger(_)) => return Err(WsaError::NoProtoOpt),
        }
        Ok(Value::Zero)
    }

    /// WF-2.38: lingering and Nagle's algorithm are no options of a datagram socket.
    fn find_for(&self, id: SocketId, level: i32, optname: i32) -> Result<&'static Row, WsaError> {
        let row = find(level, optname)?;
        let of_streams = matches!(row.name, Name::Linger | Name::DontLinger | Name::NoDelay);
        if of_streams && self.is_datagram(id) { Err(WsaError::NoProtoOpt) } else { Ok(row) }
    }

    /// Options that the connection or the listener acts on.
    pub(super) fn apply_options(&mut self, stack: &mut Stack, now: Instant, id: SocketId) {
        let socket = self.sockets.get(id);
        let Options { receive_buffer, nodelay, .. } = socket.options;
        let tuning = socket.options.tuning();
        match socket.phase {
            Phase::Connecting(conn) | Phase::Connected(conn) | Phase::Closing(conn) => {
                stack.set_receive_buffer(now, conn, receive_buffer);
                stack.set_nodelay(now, conn, nodelay);
                stack.tune(now, conn, tuning);
            }
            Phase::Listening(listener) => {
                stack.set_listener_options(listener, receive_buffer, nodelay, tuning);
            }
            Phase::Datagram(Some(bound)) => stack.set_datagram_buffer(bound, receive_buffer),
            Phase::Unconnected | Phase::Datagram(None) => {}
        }
    }

    pub(super) fn getsockopt(
        &mut self,
        stack: &Stack,
        id: SocketId,
        (level, optname): (i32, i32),
        len: Option<usize>,
    ) -> Result<Value, WsaError> {
        let row = self.find_for(id, level, optname)?;
        let least = if row.kind == Kind::Bool { 1 } else { 4 };
        let len = len.ok_or(WsaError::Fault)?;
        if len < least {
            return Err(WsaError::Fault);
        }
        let error = if row.name == Name::Error { self.so_error(stack, id) } else { None };
        let socket = self.sockets.get(id);
        let options = &socket.options;
        let int = |n: u32| n.to_le_bytes();
        let bytes = match row.name {
            Name::Linger => {
                let Linger { l_onoff, l_linger } = options.linger;
                let ([a, b], [c, d]) = (l_onoff.to_le_bytes(), l_linger.to_le_bytes());
                [a, b, c, d]
            }
            // WF-2.36: always the negation of l_onoff.
            Name::DontLinger => int(u32::from(options.linger.l_onoff == 0)),
            Name::ReuseAddr => int(u32::from(options.reuse)),
            Name::ExclusiveAddrUse => int(u32::from(options.exclusive)),
            Name::SendBuffer => int(options.send_buffer),
            Name::ReceiveBuffer => int(options.receive_buffer),
            Name::Error => error.map_or(0, WsaError::code).to_le_bytes(),
            Name::NoDelay => int(u32::from(options.nodelay)),
            Name::KeepAlive => int(u32::from(options.keep_alive)),
            Name::KeepIdle => int(options.keep_idle / 1000),
            Name::KeepInterval => int(options.keep_interval / 1000),
            Name::OobInline => int(u32::from(options.oob_inline)),
            Name::MaxRt => options.max_rt.to_le_bytes(),
            Name::KeepProbes => int(options.keep_probes.into()),
        };
        Ok(Value::Option(Bytes::copy_from_slice(&bytes[..len.min(4)])))
    }

    /// Why the last nonblocking connect failed, again and again (WF-6.14); else, once, what ended the connection
    /// (R53).
    fn so_error(&mut self, stack: &Stack, id: SocketId) -> Option<WsaError> {
        let conn = self.connection(id).ok();
        let socket = self.sockets.get_mut(id);
        if socket.error.is_some() || socket.end_told || stack.profile().so_error == SoError::ConnectOnly {
            return socket.error;
        }
        let error = pending_error(stack.state(conn?).cause()?, stack.profile());
        socket.end_told = error.is_some();
        error
    }
}
