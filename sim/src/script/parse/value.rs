//! Arguments: what stands between the commas of a call, and in braces and brackets.

use super::cursor::MAX_DEPTH;
use super::lex::{Kind, Token};
use super::{Fault, Parse, Parser, names};
use crate::script::ast::{Arg, At, Item, Label, Lane, Span};

const ARGUMENT: &str = "an argument: a number, a name, a text, `{…}`, `[…]` or `...`";

impl<'a> Parser<'a> {
    /// `"..." | NAME "=" arg | value`
    pub(super) fn arg(&mut self) -> Parse<At<Arg>> {
        let name = self.peek();
        if name.kind == Kind::Word && self.second().text == "=" {
            self.bump();
            self.bump();
            // A name before a name is one level of nesting, as brackets are.
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(Fault::at(name.span, "names are nested too deeply"));
            }
            let value = self.arg()?;
            self.depth -= 1;
            let span = Span { start: name.span.start, end: value.span.end };
            return Ok(At { value: Arg::Named(name.text.to_owned(), Box::new(value)), span });
        }
        self.value()
    }

    fn value(&mut self) -> Parse<At<Arg>> {
        let token = self.peek();
        let value = match (token.kind, token.text) {
            (Kind::Ellipsis, _) => {
                self.bump();
                Arg::Any
            }
            (Kind::Number, text) if text.contains('.') => self.address4()?,
            (Kind::Number, _) => Arg::Int(self.int()?.value),
            (Kind::Text, _) => Arg::Text(self.string()?),
            (Kind::Address6, _) => {
                self.bump();
                let (host, port) = token.text.rsplit_once(':').unwrap_or((token.text, ""));
                Arg::Address(Some(host.trim_matches(['[', ']']).to_owned()), port_of(port, token.span)?)
            }
            (Kind::Word, _) => self.named()?,
            (Kind::Punct, "{") => self.braces_or_address()?,
            (Kind::Punct, "[") => Arg::List(self.list("]", Self::arg)?),
            (Kind::Punct, ":") => {
                self.bump();
                Arg::Address(None, self.port()?)
            }
            _ => return Err(self.expected(ARGUMENT)),
        };
        Ok(At { value, span: Span { start: token.span.start, end: self.last_end() } })
    }

    /// What begins with a word: names, a label, a lane, an address, `htons(80)`.
    fn named(&mut self) -> Parse<Arg> {
        let token = self.bump();
        let next = self.peek();
        match (token.text, next.text) {
            ("NULL", _) => return Ok(Arg::Null),
            ("htons" | "htonl" | "ntohs" | "ntohl", "(") => {
                let number = self.nested(")", Self::int)?;
                return Ok(Arg::Int(number.value));
            }
            ("inet_addr" | "inet6_addr" | "inet_pton", "(") => {
                let text = self.nested(")", Self::string)?;
                return Ok(Arg::Text(text));
            }
            (_, ":") if self.second().kind == Kind::Number => {
                self.bump();
                return Ok(Arg::Address(Some(token.text.to_owned()), self.port()?));
            }
            (_, ".") => return Ok(Arg::Lane(self.lane_parts(token)?)),
            _ => {}
        }
        if let Some(label) = label(token.text) {
            let items = if self.is("{") { self.items()? } else { Vec::new() };
            return Ok(Arg::Label(label, items));
        }
        if self.hosts.contains(token.text) {
            return Ok(Arg::Lane(Lane::Host { host: token.text.to_owned(), process: 1, thread: 1 }));
        }
        self.names(token).map(Arg::Names)
    }

    /// `A|B|C`, the first of which has been read.
    pub(super) fn names(&mut self, first: Token<'a>) -> Parse<Vec<String>> {
        self.known_constant(first)?;
        let mut names = vec![first.text.to_owned()];
        while self.eat("|") {
            let token = self.peek();
            if token.kind != Kind::Word {
                return Err(self.expected("a name after `|`"));
            }
            self.bump();
            self.known_constant(token)?;
            names.push(token.text.to_owned());
        }
        Ok(names)
    }

    /// A name in capitals that is nearly a constant's is a misspelt one; any other is the run's to judge.
    fn known_constant(&mut self, token: Token<'a>) -> Parse<()> {
        let name = token.text;
        let capitals = name.contains('_') || !name.contains(|c: char| c.is_lowercase());
        if name.len() < 5 || !capitals || names::is_constant(name) {
            return Ok(());
        }
        match self.near(name, &[names::CONSTANTS, names::ERRORS]) {
            Some(near) => Err(Fault::at(token.span, format!("unknown constant `{name}`"))
                .expected("a constant of Winsock or POSIX")
                .suggest(near)),
            None => Ok(()),
        }
    }

    /// `10.0.0.1:80`
    fn address4(&mut self) -> Parse<Arg> {
        let token = self.peek();
        let parts = token.text.split('.').filter(|part| part.parse::<u8>().is_ok()).count();
        if parts != 4 || token.text.matches('.').count() != 3 {
            return Err(self.expected("a whole number, or an address such as `10.0.0.1:80`"));
        }
        self.bump();
        self.expect(":", "`:` and a port after the address")?;
        Ok(Arg::Address(Some(token.text.to_owned()), self.port()?))
    }

    fn port(&mut self) -> Parse<u16> {
        let token = self.peek();
        if token.kind != Kind::Number {
            return Err(self.expected("a port"));
        }
        self.bump();
        port_of(token.text, token.span)
    }

    /// `{…}`; a socket address as C writes it is an address.
    fn braces_or_address(&mut self) -> Parse<Arg> {
        let items = self.items()?;
        Ok(socket_address(&items).unwrap_or(Arg::Braces(items)))
    }

    /// `{ item, … }`
    pub(super) fn items(&mut self) -> Parse<Vec<Item>> {
        self.list("}", Self::item)
    }

    /// `[ key ( ":" | "=" ) ] value | call`
    fn item(&mut self) -> Parse<Item> {
        let token = self.peek();
        match (token.kind, self.second().text) {
            (Kind::Punct, _) if token.text == "(" => {
                return Err(Fault::not_supported(token.span, "MPLS label stacks"));
            }
            (Kind::Word, "(") if token.text.starts_with("msg_") => return self.counted_item(),
            (Kind::Word, "(") if !is_conversion(token.text) => return self.inner_call().map(Item::Call),
            (Kind::Word | Kind::Number, "=") => return self.keyed_item(),
            (Kind::Word, ":") if !self.hosts.contains(token.text) => return self.keyed_item(),
            (Kind::Number, ":") if !token.text.contains('.') => return self.keyed_item(),
            (Kind::Word, _) if matches!(token.text, "flags" | "Flags") => {
                return Err(Fault::not_supported(token.span, "GRE headers"));
            }
            _ => {}
        }
        Ok(Item::Value { key: None, value: self.arg()? })
    }

    fn keyed_item(&mut self) -> Parse<Item> {
        let token = self.peek();
        let key = match label(token.text) {
            Some(label) if token.kind == Kind::Word => Arg::Label(label, Vec::new()),
            _ if token.kind == Kind::Word => Arg::Names(vec![token.text.to_owned()]),
            _ => Arg::Int(self.int_of(token)?),
        };
        self.bump();
        self.bump();
        Ok(Item::Value { key: Some(At { value: key, span: token.span }), value: self.arg()? })
    }

    /// `msg_iov(2)=[…]`: packetdrill writes how many there are; the list says it again.
    fn counted_item(&mut self) -> Parse<Item> {
        let token = self.bump();
        self.nested(")", Self::arg)?;
        self.expect("=", "`=` and a value")?;
        let key = At { value: Arg::Names(vec![token.text.to_owned()]), span: token.span };
        Ok(Item::Value { key: Some(key), value: self.arg()? })
    }

    /// A number of 32 bits, signed or not.
    pub(super) fn int(&mut self) -> Parse<At<i64>> {
        let token = self.peek();
        if token.kind != Kind::Number {
            return Err(self.expected("a number"));
        }
        self.bump();
        Ok(At { value: self.int_of(token)?, span: token.span })
    }

    fn int_of(&self, token: Token<'a>) -> Parse<i64> {
        let (sign, digits) = token.text.strip_prefix('-').map_or((1, token.text), |digits| (-1, digits));
        let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
        let (digits, radix) = hex.map_or((digits, 10), |digits| (digits, 16));
        let fault = |message: String| Fault::at(token.span, message);
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Err(fault(format!("`{}` is not a number", token.text))
                .expected("a whole number, decimal or `0x…`"));
        }
        let value = i64::from_str_radix(digits, radix).ok().map(|value| sign * value);
        match value {
            Some(value) if (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&value) => Ok(value),
            _ => Err(fault(format!("the number `{}` is out of range", token.text))
                .expected("a number of 32 bits: -2147483648 to 4294967295")),
        }
    }

    /// `"…"`, its escapes undone; several in a row are one.
    fn string(&mut self) -> Parse<Vec<u8>> {
        let first = self.peek();
        if first.kind != Kind::Text {
            return Err(self.expected("a text in quotes"));
        }
        let mut bytes = Vec::new();
        while self.peek().kind == Kind::Text {
            let token = self.bump();
            unescape(token, &mut bytes)?;
        }
        if self.peek().kind == Kind::Ellipsis {
            return Err(Fault::not_supported(first.span, "texts of which only the beginning is compared"));
        }
        Ok(bytes)
    }
}

/// Functions whose call is a value.
pub(super) fn is_conversion(name: &str) -> bool {
    matches!(name, "htons" | "htonl" | "ntohs" | "ntohl" | "inet_addr" | "inet6_addr" | "inet_pton")
}

/// `ov3`, `ev1`, `port1`, `win1`, `info1`
pub(super) fn label(text: &str) -> Option<Label> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (kind, number) = text.split_at(digits);
    let known = matches!(kind, "ov" | "ev" | "port" | "win" | "info");
    let number = number.parse().ok()?;
    known.then(|| Label { kind: kind.to_owned(), number })
}

fn port_of(text: &str, span: Span) -> Parse<u16> {
    text.parse()
        .map_err(|_| Fault::at(span, format!("`{text}` is not a port")).expected("a port: 0 to 65535"))
}

/// `{sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("10.0.0.1")}` as an address.
fn socket_address(items: &[Item]) -> Option<Arg> {
    let [Item::Value { key: Some(family), .. }, Item::Value { key: Some(_), value: port }, rest @ ..] = items
    else {
        return None;
    };
    if !matches!(&family.value, Arg::Names(names) if names.iter().all(|name| name.ends_with("_family"))) {
        return None;
    }
    let host = rest.iter().find_map(|item| match item {
        Item::Value { value: At { value: Arg::Text(text), .. }, .. } => String::from_utf8(text.clone()).ok(),
        Item::Value { .. } | Item::Call(_) => None,
    })?;
    let Arg::Int(port) = port.value else { return None };
    Some(Arg::Address(Some(host), u16::try_from(port).ok()?))
}

fn unescape(token: Token<'_>, bytes: &mut Vec<u8>) -> Parse<()> {
    let inside = &token.text[1..token.text.len() - 1];
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = chars.next().map_or('\\', |(_, escape)| escape);
        bytes.push(match escape {
            'n' => b'\n',
            't' => b'\t',
            'r' => b'\r',
            '0' => 0,
            '\\' | '"' | '\'' => u8::try_from(escape).unwrap_or(b'\\'),
            'x' => {
                let digits: String = chars.by_ref().take(2).map(|(_, digit)| digit).collect();
                match u8::from_str_radix(&digits, 16) {
                    Ok(byte) if digits.len() == 2 => byte,
                    _ => return Err(bad_escape(token, at)),
                }
            }
            _ => return Err(bad_escape(token, at)),
        });
    }
    Ok(())
}

fn bad_escape(token: Token<'_>, at: usize) -> Fault {
    // What stands for a defined word has no place of its own.
    let written = token.span.end - token.span.start == token.text.len();
    let start = token.span.start + 1 + at;
    let span = if written { Span { start, end: start + 1 } } else { token.span };
    Fault::at(span, "unknown escape in a text")
        .expected(r#"`\n`, `\t`, `\r`, `\0`, `\\`, `\"` or `\x` and two digits"#)
}
