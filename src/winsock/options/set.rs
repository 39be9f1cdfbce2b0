//! setsockopt, row by row.

use super::Options;
use super::settings::MaxRt;
use super::state::SocketState;
use super::table::{Opt, Row};
use super::values::{self, Typed};
use crate::profile::{DontLinger, Profile};
use crate::stack::{Sharing, Stack};
use crate::time::Instant;
use crate::winsock::Winsock;
use crate::winsock::answer::Value;
use crate::winsock::error::WsaError;
use crate::winsock::socket::{Phase, SocketId};
use bytes::Bytes;

impl Winsock {
    pub(in crate::winsock) fn setsockopt(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        (level, number): (i32, i32),
        value: Option<&Bytes>,
    ) -> Result<Value, WsaError> {
        let row = self.option_row(id, level, number)?;
        if row.set.is_empty() {
            return Err(WsaError::NoProtoOpt);
        }
        let given = values::read(row, value.ok_or(WsaError::Fault)?)?;
        let socket = self.sockets.get_mut(id);
        if !row.set.contains(&SocketState::of(socket)) {
            return Err(WsaError::Inval);
        }
        if let Some(value) = given {
            set(&mut socket.options, row, value, stack.profile())?;
            self.apply_option(stack, now, id, row.option);
        }
        Ok(Value::Zero)
    }

    /// What was set takes effect where the socket is.
    fn apply_option(&mut self, stack: &mut Stack, now: Instant, id: SocketId, option: Opt) {
        match option {
            // A send that waits for room may have it now.
            Opt::SendBuffer => self.release(stack, now, id),
            Opt::ReuseAddr => {
                let socket = self.sockets.get(id);
                let sharing = socket.options.sharing;
                socket.binding.iter().for_each(|&binding| stack.set_sharing(binding, sharing));
                if let Phase::Datagram(Some(bound)) = socket.phase {
                    stack.set_datagrams_sharing(bound, sharing);
                }
            }
            // They count when they are asked for.
            Opt::Linger
            | Opt::DontLinger
            | Opt::ExclusiveAddrUse
            | Opt::SendTimeout
            | Opt::ReceiveTimeout
            | Opt::Broadcast => {}
            Opt::ReceiveBuffer
            | Opt::KeepAlive
            | Opt::OobInline
            | Opt::PauseAccept
            | Opt::NoDelay
            | Opt::Expedited1122
            | Opt::BsdUrgent
            | Opt::KeepIdle
            | Opt::KeepInterval
            | Opt::KeepCount
            | Opt::MaxRt
            | Opt::MaxRtMs
            | Opt::NoSynRetries
            | Opt::Timestamps
            | Opt::FailOnIcmp => self.apply_options(stack, now, id),
            Opt::AcceptConn
            | Opt::Error
            | Opt::Type
            | Opt::MaxMessage
            | Opt::ConnectTime
            | Opt::MaxSegment => unreachable!("it cannot be set"),
        }
    }

    /// Options that the connection or the listener acts on.
    pub(in crate::winsock) fn apply_options(&mut self, stack: &mut Stack, now: Instant, id: SocketId) {
        let socket = self.sockets.get(id);
        let choices = socket.options.choices(stack.profile());
        match socket.phase {
            Phase::Connecting(conn) | Phase::Connected(conn) | Phase::Closing(conn) => {
                stack.set_receive_buffer(now, conn, choices.receive_buffer);
                stack.set_nodelay(now, conn, choices.nodelay);
                stack.tune(now, conn, choices.tuning);
            }
            Phase::Listening(listener) => {
                stack.set_listener_choices(listener, choices);
                stack.pause_listener(listener, socket.options.pauses_accept());
            }
            Phase::Datagram(Some(bound)) => stack.set_datagram_buffer(bound, choices.receive_buffer),
            Phase::Unconnected | Phase::Datagram(None) => {}
        }
    }
}

fn set(options: &mut Options, row: &Row, value: Typed, profile: &Profile) -> Result<(), WsaError> {
    match (row.option, value) {
        (Opt::Linger, Typed::Linger(linger)) => {
            options.linger = linger;
            options.linger_named = true;
        }
        (Opt::DontLinger, Typed::Bool(on)) => dont_linger(options, on, profile),
        // WF-9.17: one of the two at a time.
        (Opt::ReuseAddr, Typed::Bool(true)) if options.sharing == Sharing::Exclusive => {
            return Err(WsaError::Inval);
        }
        (Opt::ExclusiveAddrUse, Typed::Bool(true)) if options.sharing == Sharing::Reuse => {
            return Err(WsaError::Inval);
        }
        (Opt::ReuseAddr, Typed::Bool(on)) => toggle(&mut options.sharing, Sharing::Reuse, on),
        (Opt::ExclusiveAddrUse, Typed::Bool(on)) => toggle(&mut options.sharing, Sharing::Exclusive, on),
        (Opt::SendBuffer, Typed::Int(n)) => options.send_buffer = positive(n)?,
        (Opt::ReceiveBuffer, Typed::Int(n)) => options.receive_buffer = positive(n)?,
        (Opt::NoDelay, Typed::Bool(on)) => options.nodelay = on,
        (Opt::KeepAlive, Typed::Bool(on)) => options.keep_alive = on,
        (_, value) => return set_rare(options, row, value, profile),
    }
    Ok(())
}

/// What few sockets set.
fn set_rare(options: &mut Options, row: &Row, value: Typed, profile: &Profile) -> Result<(), WsaError> {
    let rare = options.rare_mut(profile);
    match (row.option, value) {
        (Opt::SendTimeout, Typed::Int(ms)) => rare.send_timeout = ms.cast_unsigned(),
        (Opt::ReceiveTimeout, Typed::Int(ms)) => rare.receive_timeout = ms.cast_unsigned(),
        (Opt::OobInline, Typed::Bool(on)) => rare.oob_inline = on,
        (Opt::Broadcast, Typed::Bool(on)) => rare.broadcast = on,
        (Opt::PauseAccept, Typed::Bool(on)) => rare.pause_accept = on,
        (Opt::NoSynRetries, Typed::Bool(on)) => rare.no_syn_retries = on,
        (Opt::Timestamps, Typed::Bool(on)) => rare.timestamps = Some(on),
        (Opt::FailOnIcmp, Typed::Bool(on)) => rare.fail_on_icmp = on,
        (Opt::KeepIdle, Typed::Int(n)) => rare.keep_idle = seconds(n)?,
        (Opt::KeepInterval, Typed::Int(n)) => rare.keep_interval = seconds(n)?,
        (Opt::KeepCount, Typed::Int(n)) => {
            let n = u8::try_from(n).ok().filter(|n| *n > 0);
            rare.keep_probes = n.ok_or(WsaError::Inval)?;
        }
        // R69.
        (Opt::MaxRt, Typed::Int(n)) => {
            rare.max_rt = match u64::try_from(n) {
                Ok(0) => MaxRt::System,
                Ok(seconds) => MaxRt::After(seconds * 1000),
                Err(_) if n == -1 => MaxRt::Never,
                Err(_) => return Err(WsaError::Inval),
            };
        }
        (Opt::MaxRtMs, Typed::Int(ms)) => {
            rare.max_rt = match ms.cast_unsigned() {
                0 => MaxRt::System,
                u32::MAX => MaxRt::Never,
                ms => MaxRt::After(ms.into()),
            };
        }
        // Once on, it stays on.
        (Opt::Expedited1122, Typed::Bool(false)) | (Opt::BsdUrgent, Typed::Bool(true))
            if rare.expedited_1122 =>
        {
            return Err(WsaError::Inval);
        }
        (Opt::Expedited1122, Typed::Bool(on)) => rare.expedited_1122 = on,
        (Opt::BsdUrgent, Typed::Bool(on)) => rare.expedited_1122 = !on,
        (_, Typed::Bool(_) | Typed::Int(_) | Typed::Linger(_)) => return Err(WsaError::NoProtoOpt),
    }
    Ok(())
}

/// CS-C3, CS-C4, R3.
fn dont_linger(options: &mut Options, on: bool, profile: &Profile) {
    let off = on == (profile.dontlinger == DontLinger::TrueIsOff);
    options.linger.l_onoff = u16::from(!off);
    if !off && !options.linger_named {
        options.linger.l_linger = profile.dontlinger_seconds;
    }
}

fn toggle(sharing: &mut Sharing, to: Sharing, on: bool) {
    if on {
        *sharing = to;
    } else if *sharing == to {
        *sharing = Sharing::Default;
    }
}

fn positive(n: i32) -> Result<u32, WsaError> {
    u32::try_from(n).map_err(|_| WsaError::Inval)
}

/// A number of seconds, at least 1, in milliseconds.
fn seconds(n: i32) -> Result<u32, WsaError> {
    let n = u32::try_from(n).ok().filter(|n| *n > 0).ok_or(WsaError::Inval)?;
    n.checked_mul(1000).ok_or(WsaError::Inval)
}
