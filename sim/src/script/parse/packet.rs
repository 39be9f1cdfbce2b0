//! Packets: `< S 0:0(0) win 65535 <mss 1460>`, `> F. 1:1(0) ack 1`, `> none R`, ICMP, UDP.

use closewait::packet::Flags;

use super::lex::Kind;
use super::{Fault, Parse, Parser};
use crate::script::ast::{
    At, Event, IcmpPacket, OptionSpec, OptionsSpec, PacketBody, PacketEvent, SeqRange, Span, TcpPacket,
};

const FLAGS: &str = "flags: letters of `S F R P U E W` and `.` for ACK, or `-` for none";

const OPTION: &str =
    "a TCP option: `mss N`, `nop`, `eol`, `wscale N`, `sackOK`, `TS val N ecr N`, `sack N:N`, or `...`";

const LEN: &str = "the length: 0 to 65535";

/// What may follow the flags on a line below.
const PARTS: [&str; 3] = ["ack", "win", "urg"];

impl Parser<'_> {
    /// `( "<" | ">" ) …`, or `> none [ FLAGS ]`
    pub(super) fn packet(&mut self) -> Parse<Event> {
        let inbound = self.bump().text == "<";
        let token = self.peek();
        let body = match token.text {
            "none" if !inbound => {
                self.bump();
                let flags = !matches!(self.peek().kind, Kind::Newline | Kind::End);
                return Ok(Event::Silence(if flags { Some(self.flags()?) } else { None }));
            }
            "[" if self.second().kind == Kind::Number => {
                let quoted = self.nested("]", Self::seq)?;
                if !self.is("icmp") && !self.is("icmpv6") {
                    return Err(self.expected("`icmp` after the segment that it quotes"));
                }
                self.icmp(Some(quoted))?
            }
            _ => {
                let ip = self.ip()?;
                match self.peek().text {
                    "icmp" | "icmpv6" => self.icmp(None)?,
                    "udp" => self.udp()?,
                    _ => PacketBody::Tcp(TcpPacket { ip, ..self.tcp_after_ip()? }),
                }
            }
        };
        Ok(Event::Packet(PacketEvent { inbound, body }))
    }

    /// A TCP segment, from what is said of its IP header on.
    pub(super) fn tcp(&mut self) -> Parse<TcpPacket> {
        let ip = self.ip()?;
        Ok(TcpPacket { ip, ..self.tcp_after_ip()? })
    }

    fn tcp_after_ip(&mut self) -> Parse<TcpPacket> {
        self.unsupported()?;
        let flags = self.flags()?;
        let mut packet =
            TcpPacket { ip: None, flags, seq: None, ack: None, win: None, urg: None, options: None };
        let random = self.peek().kind == Kind::Ellipsis && self.second().text == "(";
        if self.peek().kind == Kind::Number || random {
            packet.seq = Some(self.seq()?);
        }
        self.continued(&PARTS);
        if self.eat("ack") {
            packet.ack = Some(self.number("the number that is acknowledged")?);
        }
        self.continued(&PARTS[1..]);
        if self.eat("win") {
            packet.win = Some(self.number("a window as in the header: 0 to 65535")?);
        }
        self.continued(&PARTS[2..]);
        if self.eat("urg") {
            packet.urg = Some(self.number("an urgent pointer: 0 to 65535")?);
        }
        self.options_below();
        if self.is("<") {
            packet.options = Some(self.options()?);
        }
        self.after_packet()?;
        Ok(packet)
    }

    /// `[ect0]`, `(tos 0x10, flowlabel 0x1)`: kept as it is written.
    fn ip(&mut self) -> Parse<Option<At<String>>> {
        let open = self.peek();
        let close = match open.text {
            "[" => "]",
            "(" => ")",
            _ => return Ok(None),
        };
        self.nested(close, |parser| {
            while matches!(parser.peek().kind, Kind::Word | Kind::Number) || parser.is(",") {
                parser.bump();
            }
            Ok(())
        })?;
        let span = Span { start: open.span.start, end: self.last_end() };
        let value = self.text[span.start + 1..span.end - 1].trim().to_owned();
        Ok(Some(At { value, span }))
    }

    /// What packetdrill's relatives have instead of TCP.
    fn unsupported(&mut self) -> Parse<()> {
        let token = self.peek();
        let what = match token.text {
            "ipv4" | "ipv6" | "gre" | "GREv0" | "mpls" => "tunnels",
            "sctp" => "SCTP packets",
            "udplite" => "UDP-Lite packets",
            "psp" => "PSP packets",
            "tcp" => "packets with a checksum or ports of their own",
            _ if token.kind == Kind::Number && self.second().text == ">" => "packet lines with ports",
            _ if token.kind == Kind::Number && self.second().text == ":" => {
                return Err(self.expected("flags before the sequence numbers"));
            }
            _ => return Ok(()),
        };
        Err(Fault::not_supported(token.span, what))
    }

    /// What packetdrill's relatives write after a packet.
    fn after_packet(&mut self) -> Parse<()> {
        let token = self.peek();
        match token.text {
            "{" => Err(Fault::not_supported(token.span, "mutations of packets")),
            "sock" => Err(Fault::not_supported(token.span, "packet lines that name a socket")),
            _ => Ok(()),
        }
    }

    fn flags(&mut self) -> Parse<At<Flags>> {
        let first = self.peek();
        let starts = matches!(first.kind, Kind::Word | Kind::Number)
            || (first.kind == Kind::Punct && matches!(first.text, "." | "-"));
        if !starts {
            return Err(self.expected(FLAGS));
        }
        let mut span = self.bump().span;
        // `P3.`, `S.E`, and `S .`, which packetdrill takes as well.
        let mut dot = first.text == "." || first.text == "-";
        loop {
            let next = self.peek();
            let adjacent = next.span.start == span.end;
            match (next.kind, next.text) {
                (Kind::Word, _) if adjacent => {}
                (Kind::Number, _) if adjacent && !dot => {}
                (Kind::Punct, ".") if !dot => dot = true,
                _ => break,
            }
            span.end = self.bump().span.end;
        }
        let text = &self.text[span.start..span.end];
        let mut flags = Flags::empty();
        for (at, c) in text.char_indices() {
            flags |= match c {
                'S' => Flags::SYN,
                'F' => Flags::FIN,
                'R' => Flags::RST,
                'P' => Flags::PSH,
                '.' => Flags::ACK,
                'U' => Flags::URG,
                'E' => Flags::ECE,
                'W' => Flags::CWR,
                '-' if text == "-" => Flags::empty(),
                // The three ECN bits as a number (RFC 9768's ACE), of which the high one has no flag here.
                '0' => Flags::empty(),
                '1' => Flags::ECE,
                '2' => Flags::CWR,
                '3' => Flags::ECE | Flags::CWR,
                'A' | '4'..='7' => return Err(Fault::not_supported(span, "the flags of Accurate ECN")),
                ' ' => Flags::empty(),
                _ => {
                    let start = span.start + at;
                    let span = Span { start, end: start + c.len_utf8() };
                    return Err(Fault::at(span, format!("unknown flag `{c}`")).expected(FLAGS));
                }
            };
        }
        Ok(At { value: flags, span })
    }

    /// `START:END(LEN)`, `...(LEN)`
    fn seq(&mut self) -> Parse<At<SeqRange>> {
        let first = self.peek();
        if first.kind == Kind::Ellipsis {
            self.bump();
            let len = self.nested(")", |parser| parser.number(LEN))?;
            let span = Span { start: first.span.start, end: self.last_end() };
            return Ok(At { value: SeqRange { start: None, len }, span });
        }
        let start: u32 = self.number("the first sequence number, as in `1:1001(1000)`")?;
        self.expect(":", "`:` and the end of the segment, as in `1:1001(1000)`")?;
        let end: u32 = self.number("the end of the segment, as in `1:1001(1000)`")?;
        if !self.is("(") {
            return Err(self.expected("`(` and the length, as in `1:1001(1000)`"));
        }
        let len: u16 = self.nested(")", |parser| parser.number(LEN))?;
        let span = Span { start: first.span.start, end: self.last_end() };
        if start.wrapping_add(u32::from(len)) != end {
            return Err(Fault::at(span, format!("{start} and {len} bytes do not make {end}"))
                .expected("END = START + LEN; a SYN or FIN is not counted")
                .suggest(&format!("{start}:{}({len})", start.wrapping_add(u32::from(len)))));
        }
        Ok(At { value: SeqRange { start: Some(start), len }, span })
    }

    /// A number of the width of its field.
    fn number<N: TryFrom<i64>>(&mut self, expected: &str) -> Parse<N> {
        if self.peek().kind != Kind::Number {
            return Err(self.expected(expected));
        }
        let number = self.int()?;
        N::try_from(number.value).map_err(|_| {
            Fault::at(number.span, format!("the number `{}` is out of range", number.value))
                .expected(expected)
        })
    }

    /// Options on the line below: `<` and what no packet begins with.
    fn options_below(&mut self) {
        if self.depth > 0 || self.peek().kind != Kind::Newline {
            return;
        }
        let mut at = self.at;
        while self.token(at).kind == Kind::Newline {
            at += 1;
        }
        let (open, first) = (self.token(at), self.token(at + 1));
        let option = matches!(
            first.text,
            "mss" | "nop" | "eol" | "wscale" | "sackOK" | "sack" | "TS" | "FO" | "FOEXP"
        );
        if open.text == "<" && (option || first.kind == Kind::Ellipsis) {
            self.at = at;
        }
    }

    /// `"<" options ">" | "<...>"`
    fn options(&mut self) -> Parse<OptionsSpec> {
        if self.second().kind == Kind::Ellipsis {
            self.nested(">", |parser| {
                parser.bump();
                Ok(())
            })?;
            return Ok(OptionsSpec::Any);
        }
        self.list(">", Self::option).map(OptionsSpec::List)
    }

    fn option(&mut self) -> Parse<OptionSpec> {
        let token = self.peek();
        if token.kind != Kind::Word {
            return Err(self.expected(OPTION));
        }
        self.bump();
        Ok(match token.text {
            "nop" => OptionSpec::Nop,
            "eol" => OptionSpec::Eol,
            "sackOK" => OptionSpec::SackPermitted,
            "mss" => OptionSpec::Mss(self.number("a segment size: 0 to 65535")?),
            "wscale" => OptionSpec::WindowScale(self.number("a shift: 0 to 255")?),
            "TS" => {
                self.expect("val", "`val` and the timestamp")?;
                let value = self.any_or_number("the timestamp, or `...`")?;
                self.expect("ecr", "`ecr` and the timestamp that is echoed")?;
                OptionSpec::Timestamps(value, self.any_or_number("the timestamp that is echoed, or `...`")?)
            }
            "sack" => {
                let mut blocks = Vec::new();
                while self.peek().kind == Kind::Number {
                    let left = self.number("the left edge of a block")?;
                    self.expect(":", "`:` and the right edge of the block")?;
                    blocks.push((left, self.number("the right edge of the block")?));
                }
                OptionSpec::Sack(blocks)
            }
            name => {
                if let Some(near) = self.near(name, &["nop eol sackOK mss wscale sack"]) {
                    return Err(Fault::at(token.span, format!("unknown TCP option `{name}`"))
                        .expected(OPTION)
                        .suggest(near));
                }
                let mut end = token.span.end;
                while matches!(self.peek().kind, Kind::Word | Kind::Number | Kind::Ellipsis)
                    || self.is(":")
                    || self.is("=")
                    || self.is(".")
                {
                    end = self.bump().span.end;
                }
                let next = self.peek();
                if next.text == "[" {
                    return Err(Fault::not_supported(next.span, "the options of Multipath TCP"));
                }
                OptionSpec::Other(self.text[token.span.start..end].to_owned())
            }
        })
    }

    fn any_or_number(&mut self, expected: &str) -> Parse<Option<u32>> {
        if self.peek().kind == Kind::Ellipsis {
            self.bump();
            return Ok(None);
        }
        self.number(expected).map(Some)
    }

    /// `icmp KIND [ CODE ] [ "mtu" N ] [ "id" N ] [ "[" seq "]" ]`, with what it quotes before or after.
    fn icmp(&mut self, quoted: Option<At<SeqRange>>) -> Parse<PacketBody> {
        self.bump();
        let kind = self.word("the type of the message, such as `unreachable`")?.value;
        let (mut code, mut mtu, mut quoted) = (None, None, quoted);
        if self.peek().kind == Kind::Word && !self.is("mtu") && !self.is("id") {
            code = Some(self.word("a code")?.value);
        }
        if self.eat("mtu") {
            mtu = Some(self.number("an MTU")?);
        }
        if self.eat("id") {
            self.number::<u16>("an identifier: 0 to 65535")?;
        }
        if quoted.is_none() && self.is("[") {
            let second = self.second();
            if matches!(second.text, "udp" | "raw" | "sctp" | "udplite") {
                return Err(Fault::not_supported(
                    second.span,
                    "messages that quote another packet than TCP's",
                ));
            }
            quoted = Some(self.nested("]", Self::seq)?);
        }
        Ok(PacketBody::Icmp(IcmpPacket { kind, code, mtu, quoted: quoted.map(|quoted| quoted.value) }))
    }

    /// `udp (1000)`
    fn udp(&mut self) -> Parse<PacketBody> {
        let token = self.bump();
        if self.peek().kind == Kind::Number {
            return Err(Fault::not_supported(token.span, "packet lines with ports"));
        }
        if !self.is("(") {
            return Err(self.expected("`(` and the length"));
        }
        Ok(PacketBody::Udp(self.nested(")", |parser| parser.number(LEN))?))
    }
}
