//! Calls and what they return.

use super::lex::{Kind, Token};
use super::{Fault, Parse, Parser, names, value};
use crate::script::ast::{Arg, At, CallEvent, Expected, Returned, Span};

const RESULT: &str = "`=` and what the call returns; `= ...` takes anything";

impl<'a> Parser<'a> {
    /// `NAME "(" args ")" "=" result`
    pub(super) fn call(&mut self) -> Parse<CallEvent> {
        let call = self.head()?;
        self.continued(&["="]);
        self.expect("=", RESULT)?;
        let result = self.result()?;
        Ok(CallEvent { result: Some(result), ..call })
    }

    /// A call in braces: what it returns may be left out.
    pub(super) fn inner_call(&mut self) -> Parse<CallEvent> {
        let call = self.head()?;
        let result = if self.eat("=") { Some(self.result()?) } else { None };
        Ok(CallEvent { result, ..call })
    }

    fn head(&mut self) -> Parse<CallEvent> {
        let name = self.word("the name of a function")?;
        self.known_call(&name)?;
        if !self.is("(") {
            return Err(self.expected("`(` and the arguments of the call"));
        }
        let args = self.list(")", Self::arg)?;
        Ok(CallEvent { name, args, result: None })
    }

    fn known_call(&mut self, name: &At<String>) -> Parse<()> {
        if names::is_call(&name.value) {
            return Ok(());
        }
        let fault = Fault::at(name.span, format!("unknown function `{}`", name.value))
            .expected("a function of Winsock or POSIX");
        Err(match self.near(&name.value, &[names::CALLS]) {
            Some(near) => fault.suggest(near),
            None => fault,
        })
    }

    /// `( INT | NAME | LABEL | "none" | "..." ) [ CODE ] [ braces ] [ "(" text ")" ] | braces`
    fn result(&mut self) -> Parse<At<Expected>> {
        while self.peek().kind == Kind::Newline {
            self.bump();
        }
        let start = self.peek().span.start;
        let value = if self.is("{") { None } else { Some(self.returned()?) };
        let code = if value.is_some() { self.code()? } else { None };
        let braces = if self.is("{") { Some(self.items()?) } else { None };
        let end = self.last_end();
        if self.is("(") {
            self.remark()?;
        }
        Ok(At { value: Expected { value, code, braces }, span: Span { start, end } })
    }

    fn returned(&mut self) -> Parse<At<Returned>> {
        let token = self.peek();
        let value = match (token.kind, value::label(token.text)) {
            (Kind::Ellipsis, _) => {
                self.bump();
                Returned::Any
            }
            (Kind::Number, _) => Returned::Int(self.int()?.value),
            (Kind::Word, Some(label)) => {
                self.bump();
                Returned::Label(label)
            }
            (Kind::Word, None) => {
                self.bump();
                if token.text == "none" { Returned::None } else { Returned::Names(self.names(token)?) }
            }
            _ => return Err(self.expected("what the call returns: a number, a name, `none`, `{…}` or `...`")),
        };
        Ok(At { value, span: Span { start: token.span.start, end: self.last_end() } })
    }

    /// The name or number of an error, or the label that a call makes.
    fn code(&mut self) -> Parse<Option<At<Arg>>> {
        let token = self.peek();
        let value = match (token.kind, value::label(token.text)) {
            (Kind::Number, _) => Arg::Int(self.int()?.value),
            (Kind::Word, Some(label)) => {
                self.bump();
                Arg::Label(label, Vec::new())
            }
            (Kind::Word, None) => {
                self.bump();
                Arg::Names(self.names(token)?)
            }
            _ => return Ok(None),
        };
        Ok(Some(At { value, span: Span { start: token.span.start, end: self.last_end() } }))
    }

    /// `(Operation now in progress)`: anything to the bracket that closes it, on one line.
    fn remark(&mut self) -> Parse<()> {
        let mut open = 0_usize;
        loop {
            let token = self.bump_as_is();
            match (token.kind, token.text) {
                (Kind::Punct, "(") => open += 1,
                (Kind::Punct, ")") if open == 1 => return Ok(()),
                (Kind::Punct, ")") => open -= 1,
                (Kind::Newline | Kind::End, _) => {
                    let span = Span { start: token.span.start, end: token.span.start };
                    return Err(Fault::at(span, "this remark has no end on its line").expected("`)`"));
                }
                _ => {}
            }
        }
    }

    /// The next token, whatever it is, in this line or not.
    fn bump_as_is(&mut self) -> Token<'a> {
        let token = self.token(self.at);
        if token.kind != Kind::Newline && token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    /// Goes on to the next line if it begins with one of these, with which no statement begins.
    pub(super) fn continued(&mut self, with: &[&str]) {
        if self.depth > 0 || self.peek().kind != Kind::Newline {
            return;
        }
        let mut at = self.at;
        while self.token(at).kind == Kind::Newline {
            at += 1;
        }
        let operand = self.token(at + 1).text != ":";
        if operand && with.contains(&self.token(at).text) {
            self.at = at;
        }
    }
}
