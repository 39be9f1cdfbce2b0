//! From text to [`Script`]: a scanner (`lex.rs`), then one file for each part of the grammar.
//!
//! | file | what it reads |
//! |---|---|
//! | `mod` | the file: headers, statements; going on after an error |
//! | `cursor` | the next token, what was expected of it, brackets and lists |
//! | `directive` | `#ifdef` and its like |
//! | `time` | `+0.1~+0.2`, `0.1...0.2`, `30ms` |
//! | `line` | lanes, checks, `net:` and host events |
//! | `call` | calls and what they return |
//! | `value` | arguments: numbers, names, labels, addresses, braces |
//! | `packet` | TCP segments, ICMP, UDP |
//! | `names` | what names there are, to suggest one for a misspelt one |
//!
//! A statement ends with its line, unless a bracket is open or the next line can only belong to it. After an
//! error the rest of its statement is left out and the next one is read, so one run reports all errors of a
//! file. Each token is looked at a bounded number of times: the whole takes linear time.

mod call;
mod cursor;
mod directive;
mod lex;
mod line;
mod names;
mod packet;
mod time;
mod value;

pub(super) use names::nearest;

use std::collections::{BTreeMap, BTreeSet};

use self::lex::{Kind, Token};
use super::ast::{At, Header, Script, Span};
use super::diagnostic::{self, Diagnostic};

/// Suggestions that are looked for in one file, at most: a file in which everything is misspelt is another
/// kind of file.
const MAX_SUGGESTIONS: usize = 1000;

/// What a script says.
///
/// # Errors
///
/// All that is wrong with it, in the order of the text. If every one of them is of the kind
/// [`NotSupported`](diagnostic::Kind::NotSupported), the script is one to skip.
pub fn parse(text: &str) -> Result<Script, Vec<Diagnostic>> {
    if text.contains('\0') {
        return Err(vec![not_text(text.find('\0').unwrap_or(0))]);
    }
    let mut parser = Parser::new(text);
    parser.file();
    if parser.diagnostics.is_empty() { Ok(parser.script) } else { Err(parser.diagnostics) }
}

/// What a script says that was read from a file.
///
/// # Errors
///
/// As [`parse`]; bytes that are no UTF-8 text are one error.
pub fn parse_bytes(bytes: &[u8]) -> Result<Script, Vec<Diagnostic>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(error) => Err(vec![not_text(error.valid_up_to())]),
    }
}

fn not_text(at: usize) -> Diagnostic {
    let span = Span { start: at, end: at };
    *Fault::at(span, "this is not a text file").expected("a script in UTF-8 without NUL characters").0
}

/// The reason why a statement was given up.
#[derive(Debug)]
struct Fault(Box<Diagnostic>);

type Parse<T> = Result<T, Fault>;

impl Fault {
    fn at(span: Span, message: impl Into<String>) -> Self {
        let kind = diagnostic::Kind::Error;
        Self(Box::new(Diagnostic { span, message: message.into(), expected: None, suggestion: None, kind }))
    }

    /// Something of packetdrill's that is understood and not modelled.
    fn not_supported(span: Span, what: &str) -> Self {
        let mut fault = Self::at(span, format!("{what} are not modelled"));
        fault.0.kind = diagnostic::Kind::NotSupported;
        fault
    }

    fn expected(mut self, expected: &str) -> Self {
        self.0.expected = Some(expected.to_owned());
        self
    }

    fn suggest(mut self, suggestion: &str) -> Self {
        self.0.suggestion = Some(suggestion.to_owned());
        self
    }
}

/// Where the reading is.
struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    /// Brackets that are open: lines end nothing inside.
    depth: usize,
    /// `#ifdef`s that are open, each with its place.
    conditions: Vec<Span>,
    defines: BTreeMap<&'a str, Option<Token<'a>>>,
    hosts: BTreeSet<&'a str>,
    suggestions: usize,
    script: Script,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            tokens: lex::tokens(text),
            at: 0,
            depth: 0,
            conditions: Vec::new(),
            defines: BTreeMap::from([(directive::STANDARD, None)]),
            hosts: BTreeSet::new(),
            suggestions: 0,
            script: Script::default(),
            diagnostics: Vec::new(),
        }
    }

    /// A name near to `name`, if it is not too late to look for one.
    fn near(&mut self, name: &str, lists: &[&'static str]) -> Option<&'static str> {
        self.suggestions += 1;
        let limit = (name.len() / 4).clamp(1, 3);
        (self.suggestions <= MAX_SUGGESTIONS && name.len() > 2)
            .then(|| names::nearest(name, lists.iter().copied(), limit))
            .flatten()
    }
}

/// The file.
impl Parser<'_> {
    fn file(&mut self) {
        loop {
            let start = self.at;
            let token = self.peek();
            if token.kind == Kind::End {
                break;
            }
            if token.kind == Kind::Newline {
                self.bump();
                continue;
            }
            let read = if token.kind == Kind::Header {
                self.header()
            } else if token.kind == Kind::Directive {
                self.directive()
            } else {
                self.line()
            };
            if let Err(fault) = read {
                self.diagnostics.push(*fault.0);
                self.recover(start);
            }
        }
        for span in std::mem::take(&mut self.conditions) {
            let fault = Fault::at(span, "this condition has no end").expected("a line `#endif` after it");
            self.diagnostics.push(*fault.0);
        }
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    }

    /// Leaves out the rest of the statement that began at `start`.
    fn recover(&mut self, start: usize) {
        self.depth = 0;
        let mut depth = 0_usize;
        let mut at = start;
        loop {
            let token = self.token(at);
            if token.kind == Kind::End || (at > start && token.first && self.begins(at)) {
                break;
            }
            if token.kind == Kind::Newline && depth == 0 && at >= self.at {
                break;
            }
            match (token.kind, token.text) {
                (Kind::Punct, "(" | "[" | "{") => depth += 1,
                (Kind::Punct, ")" | "]" | "}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        self.at = at.max(self.at);
    }

    /// Whether what stands here begins a statement, even if a bracket was left open before.
    fn begins(&self, at: usize) -> bool {
        let (token, next) = (self.token(at), self.token(at + 1));
        match token.kind {
            Kind::Header | Kind::Directive | Kind::Shell | Kind::Code => true,
            Kind::Punct => matches!(token.text, "+" | "^" | "*" | "<" | ">"),
            Kind::Number => {
                matches!(next.kind, Kind::Word | Kind::Ellipsis | Kind::Shell | Kind::Code)
                    || matches!((next.kind, next.text), (Kind::Punct, "<" | ">" | "~"))
            }
            Kind::Word => match next.text {
                ":" => self.token(at + 2).kind != Kind::Number,
                "." => self.token(at + 2).kind == Kind::Word,
                "<" | ">" => true,
                "(" => !token.text.starts_with("msg_") && !value::is_conversion(token.text),
                _ => false,
            },
            Kind::Text | Kind::Ellipsis | Kind::Address6 | Kind::Newline | Kind::Bad(_) | Kind::End => false,
        }
    }

    /// `--name` or `--name=value`; there may be several on a line.
    fn header(&mut self) -> Parse<()> {
        let token = self.bump();
        let (name, value) = match token.text[2..].split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (&token.text[2..], None),
        };
        let span = Span { start: token.span.start, end: token.span.start + 2 + name.len() };
        if !self.script.lines.is_empty() {
            return Err(Fault::at(token.span, format!("the option `--{name}` stands after an event"))
                .expected("all options before the first event"));
        }
        if value == Some("") {
            return Err(Fault::at(token.span, format!("the option `--{name}=` has no value"))
                .expected("a value right after the `=`"));
        }
        if !names::HEADERS.split_whitespace().any(|known| known == name)
            && let Some(near) = self.near(name, &[names::HEADERS])
        {
            return Err(Fault::at(span, format!("unknown option `--{name}`")).suggest(&format!("--{near}")));
        }
        match (name, value) {
            ("host", Some(value)) => {
                self.hosts.insert(value.split(',').next().unwrap_or(value));
            }
            ("define", Some(value)) => {
                let (name, value) = value.split_once('=').unwrap_or((value, ""));
                self.define(name, value);
            }
            _ => {}
        }
        let value = value.map(|value| At {
            value: unquoted(value).to_owned(),
            span: Span { start: token.span.end - value.len(), end: token.span.end },
        });
        self.script.headers.push(Header { name: At { value: name.to_owned(), span }, value });
        Ok(())
    }
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests;
