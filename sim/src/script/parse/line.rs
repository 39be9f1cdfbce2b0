//! Lines: when, whose, and which kind of event.

use super::lex::{Kind, Token};
use super::{Fault, Parse, Parser, names};
use crate::script::ast::{At, Check, Event, HostOp, Lane, Line, NetOp, Span, TcpPacket, VerdictOp};

const EVENT: &str = "an event: a call, a packet (`<` or `>`), a check or an operation";

const NET_OPS: &str = "cut heal drop dup corrupt hold inject set at_rest time_wait leaks";

impl<'a> Parser<'a> {
    /// `[ time ] [ lane ( ":" | packet ) ] event`
    pub(super) fn line(&mut self) -> Parse<()> {
        let start = self.peek().span.start;
        let (time, written) = self.time()?;
        // What is written below a time belongs to it: a line that is a time alone would say nothing.
        while written && self.peek().kind == Kind::Newline {
            self.bump();
        }
        let lane = self.lane()?;
        let event =
            if matches!(lane, Some(At { value: Lane::Net, .. })) { self.net()? } else { self.event()? };
        if !matches!(self.peek().kind, Kind::Newline | Kind::End) {
            return Err(self.expected("the end of the line"));
        }
        let span = Span { start, end: self.last_end() };
        self.script.lines.push(Line { span, time, lane, event });
        Ok(())
    }

    /// `client:`, `client.p2.t1:`, `net:`, and `client` before `<` or `>`.
    fn lane(&mut self) -> Parse<Option<At<Lane>>> {
        let token = self.peek();
        if token.kind != Kind::Word || !matches!(self.second().text, ":" | "." | "<" | ">") {
            return Ok(None);
        }
        self.bump();
        let lane = self.lane_parts(token)?;
        let span = Span { start: token.span.start, end: self.last_end() };
        if !self.eat(":") && !self.is("<") && !self.is(">") {
            return Err(self.expected("`:` after the lane, or a packet (`>`)"));
        }
        let lane = match &lane {
            Lane::Host { host, process: 1, thread: 1 } if host == "net" => Lane::Net,
            Lane::Net | Lane::Host { .. } => lane,
        };
        Ok(Some(At { value: lane, span }))
    }

    /// `[ "." "p" N ] [ "." "t" N ]` after a host's name.
    pub(super) fn lane_parts(&mut self, host: Token<'a>) -> Parse<Lane> {
        let (mut process, mut thread) = (None, None);
        while self.eat(".") {
            let token = self.peek();
            let number = token.text.get(1..).and_then(|number| number.parse::<u32>().ok()).filter(|n| *n > 0);
            match (token.kind, token.text.get(..1), number) {
                (Kind::Word, Some("p"), Some(n)) if process.is_none() && thread.is_none() => {
                    process = Some(n);
                }
                (Kind::Word, Some("t"), Some(n)) if thread.is_none() => thread = Some(n),
                _ => return Err(self.expected("`p1` for a process or `t1` for a thread, the process first")),
            }
            self.bump();
        }
        let host = host.text.to_owned();
        Ok(Lane::Host { host, process: process.unwrap_or(1), thread: thread.unwrap_or(1) })
    }

    fn event(&mut self) -> Parse<Event> {
        let token = self.peek();
        match (token.kind, token.text) {
            (Kind::Punct, "<" | ">") => self.packet(),
            (Kind::Shell, text) => {
                self.bump();
                Ok(Event::Shell(At { value: text[1..text.len() - 1].to_owned(), span: token.span }))
            }
            (Kind::Code, text) => {
                self.bump();
                Ok(Event::Code(At { value: text[2..text.len() - 2].to_owned(), span: token.span }))
            }
            (Kind::Word, "state" | "time_wait" | "leaks" | "at_rest") => self.check().map(Event::Check),
            (Kind::Word, name) => match host_op(name) {
                Some(op) if self.second().text == "(" => {
                    self.bump();
                    self.nested(")", |_| Ok(()))?;
                    Ok(Event::Host(At { value: op, span: token.span }))
                }
                Some(_) | None if self.second().text == "(" => self.call().map(Event::Call),
                _ => {
                    self.bump();
                    Err(self.unfinished(token))
                }
            },
            _ => Err(self.expected(EVENT)),
        }
    }

    /// A word that no `(` follows begins nothing.
    fn unfinished(&mut self, token: Token<'a>) -> Fault {
        if let Some(near) = self.near(token.text, &["state time_wait leaks at_rest net"]) {
            return Fault::at(token.span, format!("unexpected `{}`", token.text))
                .expected(EVENT)
                .suggest(near);
        }
        self.expected("`(` and the arguments of a call, or `:` after a lane")
    }

    /// `state(3) == X`, `time_wait == N`, `leaks == N`, `at_rest`
    fn check(&mut self) -> Parse<Check> {
        let token = self.bump();
        match token.text {
            "state" => {
                let socket = self.nested(")", Self::int)?;
                self.equals()?;
                let state = self.word("the name of a state")?;
                if !names::STATES.split_whitespace().any(|known| known == state.value) {
                    let fault = Fault::at(state.span, format!("unknown state `{}`", state.value))
                        .expected("a TCP state as netstat names it, such as `TIME_WAIT`");
                    return Err(match self.near(&state.value, &[names::STATES]) {
                        Some(near) => fault.suggest(near),
                        None => fault,
                    });
                }
                Ok(Check::State { socket, state })
            }
            "time_wait" => Ok(Check::TimeWait(self.count()?)),
            "leaks" => Ok(Check::Leaks(self.count()?)),
            _ => Ok(Check::AtRest),
        }
    }

    fn equals(&mut self) -> Parse<()> {
        let token = self.peek();
        if token.text == "=" {
            return Err(Fault::at(token.span, "a check compares, with `==`").expected("`==`").suggest("=="));
        }
        self.expect("==", "`==`").map(|_| ())
    }

    fn count(&mut self) -> Parse<u32> {
        self.equals()?;
        let number = self.int()?;
        u32::try_from(number.value)
            .map_err(|_| Fault::at(number.span, "a number of things is never negative").expected("0 or more"))
    }

    /// What follows `net:`.
    fn net(&mut self) -> Parse<Event> {
        let token = self.peek();
        if token.kind != Kind::Word {
            return Err(self.expected("an operation on the network, such as `cut` or `drop client > F.`"));
        }
        if matches!(token.text, "at_rest" | "time_wait" | "leaks") {
            return self.check().map(Event::Check);
        }
        self.bump();
        let op = match token.text {
            "cut" => NetOp::Cut(self.pair()?),
            "heal" => NetOp::Heal(self.pair()?),
            "drop" => self.verdict(VerdictOp::Drop)?,
            "dup" => self.verdict(VerdictOp::Dup)?,
            "corrupt" => self.verdict(VerdictOp::Corrupt)?,
            "hold" => {
                let length = self.length()?;
                self.verdict(VerdictOp::Hold(length))?
            }
            "inject" => {
                let (host, packet) = self.host_packet("<", "`<`: the packet comes in at this host")?;
                NetOp::Inject { host, packet }
            }
            "set" => self.settings()?,
            name => {
                let fault = Fault::at(token.span, format!("unknown operation `{name}` on the network"))
                    .expected(
                        "`cut`, `heal`, `drop`, `dup`, `corrupt`, `hold`, `inject`, `set` or `at_rest`",
                    );
                return Err(match self.near(name, &[NET_OPS]) {
                    Some(near) => fault.suggest(near),
                    None => fault,
                });
            }
        };
        Ok(Event::Net(op))
    }

    /// Two hosts, or none.
    fn pair(&mut self) -> Parse<Option<(At<String>, At<String>)>> {
        if self.peek().kind != Kind::Word {
            return Ok(None);
        }
        let one = self.word("a host")?;
        let other = self.word("another host: the link is between two")?;
        Ok(Some((one, other)))
    }

    /// `[ N ] HOST > packet`
    fn verdict(&mut self, what: VerdictOp) -> Parse<NetOp> {
        let mut nth = 1;
        if self.peek().kind == Kind::Number {
            let number = self.int()?;
            nth = u32::try_from(number.value).ok().filter(|n| *n > 0).ok_or_else(|| {
                Fault::at(number.span, "packets are counted from 1 on").expected("1 or more")
            })?;
        }
        let (host, packet) = self.host_packet(">", "`>`: the packet leaves this host")?;
        Ok(NetOp::Verdict { what, nth, host, packet })
    }

    fn host_packet(&mut self, direction: &str, expected: &str) -> Parse<(At<String>, TcpPacket)> {
        let host = self.word("a host")?;
        self.expect(direction, expected)?;
        Ok((host, self.tcp()?))
    }

    /// `delay=50ms loss=10%`: a value goes to the next space.
    fn settings(&mut self) -> Parse<NetOp> {
        let mut settings = Vec::new();
        loop {
            let name = self.word("a setting of links and its value, such as `delay=50ms`")?;
            self.expect("=", "`=` and a value")?;
            let first = self.peek();
            let mut end = first.span.start;
            while !matches!(self.peek().kind, Kind::Newline | Kind::End) && self.peek().span.start == end {
                end = self.bump().span.end;
            }
            if end == first.span.start {
                return Err(self.expected("a value right after the `=`"));
            }
            let span = Span { start: first.span.start, end };
            settings.push((name, At { value: self.text[span.start..span.end].to_owned(), span }));
            if matches!(self.peek().kind, Kind::Newline | Kind::End) {
                return Ok(NetOp::Set(settings));
            }
        }
    }
}

fn host_op(name: &str) -> Option<HostOp> {
    Some(match name {
        "exit" => HostOp::Exit,
        "kill" => HostOp::Kill,
        "crash" => HostOp::Crash,
        "exit_thread" => HostOp::ExitThread,
        "fail_network" => HostOp::FailNetwork,
        "restore_network" => HostOp::RestoreNetwork,
        _ => return None,
    })
}
