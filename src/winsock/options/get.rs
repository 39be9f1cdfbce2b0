//! getsockopt, row by row.

use super::settings::MaxRt;
use super::table::Opt;
use super::values::{self, Typed};
use crate::profile::SoError;
use crate::stack::{MAX_DATAGRAM, Sharing, Stack};
use crate::time::Instant;
use crate::winsock::Winsock;
use crate::winsock::answer::Value;
use crate::winsock::consts;
use crate::winsock::error::WsaError;
use crate::winsock::io::pending_error;
use crate::winsock::socket::{Family, Phase, SocketId};

impl Winsock {
    /// `len` is the size of the caller's buffer; none if a pointer is null.
    pub(in crate::winsock) fn getsockopt(
        &mut self,
        stack: &Stack,
        now: Instant,
        id: SocketId,
        (level, number): (i32, i32),
        len: Option<usize>,
    ) -> Result<Value, WsaError> {
        let row = self.option_row(id, level, number)?;
        if !row.get {
            return Err(WsaError::NoProtoOpt);
        }
        let room = values::room(row, len.ok_or(WsaError::Fault)?)?;
        let value = self.option_value(stack, now, id, row.option);
        Ok(Value::Option(values::write(value, room)))
    }

    fn option_value(&mut self, stack: &Stack, now: Instant, id: SocketId, option: Opt) -> Typed {
        let socket = self.sockets.get(id);
        let options = &socket.options;
        let rare = || options.rare(stack.profile());
        match option {
            Opt::AcceptConn => matches!(socket.phase, Phase::Listening(_)).into(),
            Opt::Type if self.is_datagram(id) => Typed::Int(consts::SOCK_DGRAM),
            Opt::Type => Typed::Int(consts::SOCK_STREAM),
            Opt::MaxMessage => u32::try_from(MAX_DATAGRAM).unwrap_or(u32::MAX).into(),
            Opt::Error => Typed::Int(self.so_error(stack, id).map_or(0, WsaError::code)),
            Opt::ConnectTime => self.connect_time(stack, now, id).into(),
            Opt::MaxSegment => u32::from(self.send_mss(stack, id)).into(),
            Opt::Linger => Typed::Linger(options.linger),
            // WF-2.36: always the negation of l_onoff.
            Opt::DontLinger => (options.linger.l_onoff == 0).into(),
            Opt::ReuseAddr => (options.sharing == Sharing::Reuse).into(),
            Opt::ExclusiveAddrUse => (options.sharing == Sharing::Exclusive).into(),
            Opt::SendBuffer => options.send_buffer.into(),
            Opt::ReceiveBuffer => options.receive_buffer.into(),
            Opt::SendTimeout => options.send_timeout().into(),
            Opt::ReceiveTimeout => options.receive_timeout().into(),
            Opt::NoDelay => options.nodelay.into(),
            Opt::KeepAlive => options.keep_alive.into(),
            Opt::Broadcast => options.broadcasts().into(),
            Opt::PauseAccept => options.pauses_accept().into(),
            Opt::OobInline => rare().oob_inline.into(),
            Opt::Expedited1122 => rare().expedited_1122.into(),
            Opt::BsdUrgent => (!rare().expedited_1122).into(),
            Opt::NoSynRetries => rare().no_syn_retries.into(),
            Opt::FailOnIcmp => rare().fail_on_icmp.into(),
            Opt::Timestamps => rare().timestamps.unwrap_or_else(|| stack.offers_timestamps()).into(),
            Opt::KeepIdle => (rare().keep_idle / 1000).into(),
            Opt::KeepInterval => (rare().keep_interval / 1000).into(),
            Opt::KeepCount => u32::from(rare().keep_probes).into(),
            Opt::MaxRt => rare().max_rt.seconds().into(),
            Opt::MaxRtMs => rare().max_rt.millis().into(),
        }
    }

    /// WF-10.19: whole seconds.
    fn connect_time(&self, stack: &Stack, now: Instant, id: SocketId) -> u32 {
        let conn = self.connection(id).ok();
        let since = conn.and_then(|conn| stack.state(conn).established_at());
        let seconds =
            |since: Instant| u32::try_from(now.since(since).as_millis() / 1000).unwrap_or(u32::MAX - 1);
        since.map_or(u32::MAX, seconds)
    }

    /// RFC 9293 3.7.1; without a connection what a peer gets that announces nothing.
    fn send_mss(&self, stack: &Stack, id: SocketId) -> u16 {
        let conn = self.connection(id).ok();
        let default = match self.sockets.get(id).family {
            Family::Inet => 536,
            Family::Inet6 => 1220,
        };
        conn.and_then(|conn| stack.state(conn).send_mss()).unwrap_or(default)
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

impl MaxRt {
    /// As TCP_MAXRT has it: whole seconds, no fewer than there are.
    fn seconds(self) -> u32 {
        match self {
            Self::System => 0,
            Self::Never => u32::MAX,
            Self::After(ms) => u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX - 1),
        }
    }

    /// As TCP_MAXRTMS has it.
    fn millis(self) -> u32 {
        match self {
            Self::System => 0,
            Self::Never => u32::MAX,
            Self::After(ms) => u32::try_from(ms).unwrap_or(u32::MAX - 1),
        }
    }
}
