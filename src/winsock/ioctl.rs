//! ioctlsocket and WSAIoctl.

use super::Winsock;
use super::answer::Value;
use super::consts;
use super::error::WsaError;
use super::socket::{Phase, SocketId};
use crate::stack::Stack;
use crate::tcp::State;
use crate::time::Instant;
use core::num::NonZeroU8;

impl Winsock {
    pub(super) fn ioctlsocket(
        &mut self,
        stack: &Stack,
        id: SocketId,
        cmd: u32,
        arg: Option<u32>,
    ) -> Result<Value, WsaError> {
        let arg = arg.ok_or(WsaError::Fault)?;
        match cmd {
            // WF-6.12.
            consts::FIONBIO if arg == 0 && self.has_registration(id) => Err(WsaError::Inval),
            consts::FIONBIO => {
                self.sockets.get_mut(id).nonblocking = arg != 0;
                Ok(Value::Argument(arg))
            }
            consts::FIONREAD => {
                let readable = match self.sockets.get(id).phase {
                    // The ioctlsocket page: the size of the first datagram.
                    Phase::Datagram(bound) => bound.map_or(0, |bound| stack.first_datagram_len(bound)),
                    Phase::Connected(conn) => stack.state(conn).readable(),
                    Phase::Unconnected | Phase::Listening(_) | Phase::Connecting(_) | Phase::Closing(_) => 0,
                };
                Ok(Value::Argument(u32::try_from(readable).unwrap_or(u32::MAX)))
            }
            consts::SIOCATMARK => {
                let state = self.connection(id).ok().map(|conn| stack.state(conn));
                let ahead = |state: &State| state.expects_urgent() || state.before_mark() > Some(0);
                Ok(Value::Argument(u32::from(!state.is_some_and(ahead))))
            }
            _ => Err(WsaError::OpNotSupp),
        }
    }

    pub(super) fn wsa_ioctl(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        code: u32,
        input: Option<&[u8]>,
    ) -> Result<Value, WsaError> {
        match code {
            consts::SIO_KEEPALIVE_VALS => self.keepalive_vals(stack, now, id, input),
            consts::SIO_TCP_SET_ACK_FREQUENCY => self.set_ack_frequency(stack, now, id, input),
            _ => Err(WsaError::OpNotSupp),
        }
    }

    /// `struct tcp_keepalive`: onoff, keepalivetime and keepaliveinterval, in milliseconds (WF-10.11, 10.12). A time of
    /// 0 would probe without end within one instant.
    fn keepalive_vals(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        input: Option<&[u8]>,
    ) -> Result<Value, WsaError> {
        let (words, _) = input.ok_or(WsaError::Fault)?.as_chunks::<4>();
        let &[onoff, time, interval] = words.first_chunk().ok_or(WsaError::Fault)?;
        let [onoff, time, interval] = [onoff, time, interval].map(u32::from_le_bytes);
        let options = &mut self.sockets.get_mut(id).options;
        if onoff != 0 {
            if time == 0 || interval == 0 {
                return Err(WsaError::Inval);
            }
            let rare = options.rare_mut(stack.profile());
            (rare.keep_idle, rare.keep_interval) = (time, interval);
        }
        options.keep_alive = onoff != 0;
        self.apply_options(stack, now, id);
        Ok(Value::Zero)
    }

    /// R65: after how many segments an ACK leaves at once, 1 to 255.
    fn set_ack_frequency(
        &mut self,
        stack: &mut Stack,
        now: Instant,
        id: SocketId,
        input: Option<&[u8]>,
    ) -> Result<Value, WsaError> {
        let (first, rest) = input.and_then(<[u8]>::split_first).ok_or(WsaError::Fault)?;
        let frequency = NonZeroU8::new(*first).filter(|_| rest.iter().take(3).all(|&b| b == 0));
        let rare = self.sockets.get_mut(id).options.rare_mut(stack.profile());
        rare.ack_frequency = Some(frequency.ok_or(WsaError::Inval)?);
        self.apply_options(stack, now, id);
        Ok(Value::Zero)
    }
}
