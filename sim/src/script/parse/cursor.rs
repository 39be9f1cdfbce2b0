//! Going over the tokens: the next one, what it should be, and what brackets enclose.

use super::lex::{Kind, Token};
use super::{Fault, Parse, Parser};
use crate::script::ast::{At, Span};

/// Brackets in brackets, at most.
pub(super) const MAX_DEPTH: usize = 32;

impl<'a> Parser<'a> {
    /// The token that is read next; inside brackets the next on any line.
    pub(super) fn peek(&mut self) -> Token<'a> {
        while self.depth > 0 && self.token(self.at).kind == Kind::Newline {
            self.at += 1;
        }
        self.resolve(self.token(self.at))
    }

    /// A token by its number; past the end the last one, which is the end.
    pub(super) fn token(&self, at: usize) -> Token<'a> {
        self.tokens[at.min(self.tokens.len() - 1)]
    }

    /// The token after the next one, as it stands.
    pub(super) fn second(&self) -> Token<'a> {
        self.token(self.at + 1)
    }

    /// What a defined word stands for, at the place of the word.
    fn resolve(&self, token: Token<'a>) -> Token<'a> {
        if self.defines.is_empty() || token.kind != Kind::Word {
            return token;
        }
        match self.defines.get(token.text) {
            Some(Some(value)) => Token { span: token.span, first: token.first, ..*value },
            Some(None) | None => token,
        }
    }

    pub(super) fn bump(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    /// Whether the next token is this punctuation or word.
    pub(super) fn is(&mut self, text: &str) -> bool {
        let token = self.peek();
        matches!(token.kind, Kind::Punct | Kind::Word) && token.text == text
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let is = self.is(text);
        if is {
            self.bump();
        }
        is
    }

    pub(super) fn expect(&mut self, text: &str, expected: &str) -> Parse<Token<'a>> {
        if self.is(text) { Ok(self.bump()) } else { Err(self.expected(expected)) }
    }

    pub(super) fn word(&mut self, expected: &str) -> Parse<At<String>> {
        let token = self.peek();
        if token.kind != Kind::Word {
            return Err(self.expected(expected));
        }
        self.bump();
        Ok(At { value: token.text.to_owned(), span: token.span })
    }

    /// The end of the token before the next one.
    pub(super) fn last_end(&self) -> usize {
        let before = self.tokens[..self.at].iter().rev().find(|token| token.kind != Kind::Newline);
        before.map_or(0, |token| token.span.end)
    }

    /// The next token is not what it should be.
    pub(super) fn expected(&mut self, expected: &str) -> Fault {
        let token = self.peek();
        let line = token.text.split('\n').next().unwrap_or("");
        let span = Span { end: token.span.end.min(token.span.start + line.len()), ..token.span };
        let cut_short = self.depth > 0 && token.first && self.begins(self.at);
        if cut_short || token.kind == Kind::End {
            let end = self.last_end();
            let what = if cut_short { "the line ends too early" } else { "the file ends too early" };
            return Fault::at(Span { start: end, end }, what).expected(expected);
        }
        if let Kind::Bad(reason) = token.kind {
            return Fault::at(span, reason);
        }
        let found = if token.kind == Kind::Newline {
            "the line ends too early".to_owned()
        } else if line.chars().count() > 40 {
            "this was not expected here".to_owned()
        } else {
            format!("unexpected `{line}`")
        };
        let span = if token.kind == Kind::Newline { Span { end: span.start, ..span } } else { span };
        Fault::at(span, found).expected(expected)
    }

    /// Reads what is in brackets, over as many lines as it takes.
    pub(super) fn nested<T>(&mut self, close: &str, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let open = self.bump();
        if self.depth >= MAX_DEPTH {
            return Err(Fault::at(open.span, "brackets are nested too deeply")
                .expected("at most 32 levels of brackets"));
        }
        self.depth += 1;
        let value = read(self)?;
        if !self.is(close) {
            return Err(self.expected(&format!("`,` or `{close}`")));
        }
        // The line counts again from here on.
        self.depth -= 1;
        self.bump();
        Ok(value)
    }

    /// Things between commas, until `close` comes.
    pub(super) fn list<T>(
        &mut self,
        close: &str,
        mut read: impl FnMut(&mut Self) -> Parse<T>,
    ) -> Parse<Vec<T>> {
        self.nested(close, |parser| {
            let mut items = Vec::new();
            while !parser.is(close) {
                items.push(read(parser)?);
                if !parser.eat(",") {
                    break;
                }
            }
            Ok(items)
        })
    }
}
