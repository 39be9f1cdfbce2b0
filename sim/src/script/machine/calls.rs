//! The calls of the script's one thread.

use super::super::ast::{CallEvent, End, Line};
use super::super::calls::{self, Op, Refusal};
use super::super::report::Failure;
use super::{Machine, Stop, skipped};
use crate::trace::describe_call;
use closewait::time::Instant;
use closewait::winsock::{Call, CallResult, Outcome, Value, consts};

/// A call with a span, and when it may return.
pub(super) struct Blocked<'a> {
    line: &'a Line,
    call: &'a CallEvent,
    /// What the line's times count from.
    base: Instant,
    made: Call,
}

impl<'a> Machine<'a> {
    pub(super) fn call(&mut self, line: &'a Line, call: &'a CallEvent, base: Instant) -> Result<(), Stop> {
        if let Some(blocked) = &self.blocked {
            let busy = format!("{} has not returned", describe_call(&blocked.made));
            return Err(Failure::new(line.span, "a thread that is free", busy).into());
        }
        let op = calls::prepare(call, &self.names, &self.scene, "").map_err(|refusal| match refusal {
            Refusal::Malformed(message) => Stop::Failed(Failure::bad_input(line.span, message)),
            Refusal::NotModelled(message) => skipped(line.span, message),
        })?;
        let made = match op {
            Op::Call(made) => made,
            Op::Conditional(..) | Op::Hook(..) => {
                return Err(skipped(line.span, "calls within calls belong to files with lanes"));
            }
            Op::RecvAll(_) => return Err(skipped(line.span, "recv_all belongs to files with lanes")),
            Op::Answer(value) => {
                let value = Ok(Value::LastError(i32::try_from(value).unwrap_or(0)));
                return self.compare(line, call, &Call::WsaGetLastError, &value);
            }
        };
        self.remember_ends(&made);
        match self.world.call(self.thread, made.clone(), &mut self.stage) {
            Outcome::Returned(returned) => {
                self.flow_after(&made);
                let back = Blocked { line, call, base, made };
                self.in_time(&back)?;
                self.compare(line, call, &back.made, &returned.result)
            }
            Outcome::Blocked => {
                self.flow_after(&made);
                self.blocked = Some(Blocked { line, call, base, made });
                // What the call did to the machine itself may let it return.
                self.run_to(self.now())?;
                if line.time.value.end.is_none() && self.blocked.is_some() {
                    let happened = "it blocks (a span such as 0.1...0.2 says how long)";
                    return Err(Failure::new(line.span, "the call to return at once", happened).into());
                }
                Ok(())
            }
        }
    }

    /// After close a name goes on to mean the connection that the socket owned.
    fn remember_ends(&mut self, made: &Call) {
        if let Call::Closesocket { s } = made
            && let Some(ends) = self.socket(*s).and_then(|status| status.ends)
        {
            self.ends.insert(*s, ends);
        }
    }

    /// A blocked call that has returned is compared.
    pub(super) fn returns(&mut self) -> Result<(), Stop> {
        while let Some((_, returned)) = self.world.poll_returned() {
            if let Some(blocked) = self.blocked.take() {
                self.in_time(&blocked)?;
                self.compare(blocked.line, blocked.call, &blocked.made, &returned.result)?;
                self.previous.1 = self.now();
            }
        }
        Ok(())
    }

    fn in_time(&self, blocked: &Blocked<'_>) -> Result<(), Stop> {
        let (base, now) = (blocked.base, self.now());
        let slack = self.tolerance(now);
        let (from, to) = match blocked.line.time.value.end {
            Some(End::At(t)) => (base + t, base + t),
            Some(End::Between(a, b)) => (base + a, base + b),
            Some(End::Any) | None => return Ok(()),
        };
        if now + slack >= from && now <= to + slack {
            return Ok(());
        }
        let happened = format!("{} returned at {now}", describe_call(&blocked.made));
        Err(Failure::new(blocked.line.time.span, format!("to return at {from}"), happened).into())
    }

    fn compare(
        &mut self,
        line: &Line,
        call: &CallEvent,
        made: &Call,
        result: &CallResult,
    ) -> Result<(), Stop> {
        match (made, result) {
            (Call::Send { s, .. } | Call::Sendto { s, .. }, Ok(Value::Sent(n))) => self.names.sent(*s, *n),
            (Call::Ioctlsocket { s, cmd: consts::FIONBIO, arg: Some(arg) }, Ok(_)) => {
                self.names.set_nonblocking(*s, *arg != 0);
            }
            (_, _) => {}
        }
        let Some(expected) = &call.result else { return Ok(()) };
        let now = self.now();
        let compared = calls::compare((made, result), &expected.value, &mut self.names, &mut self.scene, "");
        // The sizes that a kernel gives its buffers are its own.
        let sizes = |name: i32| name == consts::SO_RCVBUF || name == consts::SO_SNDBUF;
        let own_size = matches!(made, Call::Getsockopt { name, .. } if sizes(*name));
        let pointed_at =
            if self.lenient && own_size { Ok(()) } else { calls::compare_pointed_at(result, call) };
        compared.and(pointed_at).map_err(|(wanted, happened)| {
            Failure::new(line.span, wanted, format!("{happened} at {now}")).into()
        })
    }

    pub(super) fn nothing_blocked(&self) -> Result<(), Stop> {
        let Some(blocked) = &self.blocked else { return Ok(()) };
        let happened = format!("{} is still blocked after the last line", describe_call(&blocked.made));
        Err(Failure::new(blocked.line.span, "the call to return", happened).into())
    }
}
