//! `#ifdef NAME`, `#ifndef`, `#if 0`, `#else`, `#endif`, `#define NAME VALUE`, `#undef`: conditions and
//! names, as a preprocessor before packetdrill would see them. A branch that is left out is not read at all.

use super::lex::{self, Kind, Token};
use super::{Fault, Parse, Parser};

/// Defined in every file: FreeBSD's suite has what the RFCs ask and what its kernel does side by side, the former
/// under this name.
pub(super) const STANDARD: &str = "STANDARD";

const DIRECTIVES: &str = "ifdef ifndef if else endif define undef include";

impl<'a> Parser<'a> {
    pub(super) fn directive(&mut self) -> Parse<()> {
        let token = self.bump();
        let (name, rest) = parts(token);
        let named = |what: &str| {
            if rest.is_empty() {
                Err(Fault::at(token.span, format!("`#{name}` names nothing")).expected(what))
            } else {
                Ok(rest.split_whitespace().next().unwrap_or(rest))
            }
        };
        match name {
            "ifdef" => {
                let defined = self.defines.contains_key(named("a name after it")?);
                self.condition(token, defined)
            }
            "ifndef" => {
                let defined = self.defines.contains_key(named("a name after it")?);
                self.condition(token, !defined)
            }
            "if" => match named("`0` or `1` after it")? {
                "0" => self.condition(token, false),
                "1" => self.condition(token, true),
                _ => {
                    let what = "conditions other than `#ifdef`, `#if 0` and `#if 1`";
                    self.diagnostics.push(*Fault::not_supported(token.span, what).0);
                    self.condition(token, false)
                }
            },
            "else" if self.conditions.is_empty() => {
                Err(Fault::at(token.span, "`#else` without a condition before")
                    .expected("`#ifdef NAME` before it"))
            }
            "else" => self.skip_branch(),
            "endif" => match self.conditions.pop() {
                Some(_) => Ok(()),
                None => Err(Fault::at(token.span, "`#endif` without a condition before")
                    .expected("`#ifdef NAME` before it")),
            },
            "define" => {
                let defined = named("a name and a value after it")?;
                self.define(defined, rest[defined.len()..].trim());
                Ok(())
            }
            "undef" => {
                let defined = named("a name after it")?;
                self.defines.remove(defined);
                Ok(())
            }
            "include" => Err(Fault::not_supported(token.span, "included files")),
            _ => {
                let fault = Fault::at(token.span, format!("unknown directive `#{name}`")).expected(
                    "`#ifdef`, `#ifndef`, `#else`, `#endif` or `#define`; a comment begins with `//`",
                );
                Err(match self.near(name, &[DIRECTIVES]) {
                    Some(near) => fault.suggest(&format!("#{near}")),
                    None => fault,
                })
            }
        }
    }

    /// Gives a name a value of one token, or no value.
    pub(super) fn define(&mut self, name: &'a str, value: &'a str) {
        let tokens = lex::tokens(value);
        let value = match tokens.as_slice() {
            [value, _] if matches!(value.kind, Kind::Word | Kind::Number | Kind::Text | Kind::Shell) => {
                Some(*value)
            }
            _ => None,
        };
        self.defines.insert(name, value);
    }

    fn condition(&mut self, token: Token<'a>, holds: bool) -> Parse<()> {
        self.conditions.push(token.span);
        if holds { Ok(()) } else { self.skip_branch() }
    }

    /// Leaves out the lines to the `#else` or `#endif` of the innermost condition.
    fn skip_branch(&mut self) -> Parse<()> {
        let mut inner = 0_usize;
        loop {
            let token = self.bump();
            match (token.kind, parts(token).0) {
                (Kind::End, _) => return Ok(()),
                (Kind::Directive, "if" | "ifdef" | "ifndef") => inner += 1,
                (Kind::Directive, "endif") if inner > 0 => inner -= 1,
                (Kind::Directive, "endif") => {
                    self.conditions.pop();
                    return Ok(());
                }
                (Kind::Directive, "else") if inner == 0 => return Ok(()),
                _ => {}
            }
        }
    }
}

/// The name of a directive and what follows it, without a comment.
fn parts(token: Token<'_>) -> (&str, &str) {
    let line = token.text.trim_start_matches('#').split("//").next().unwrap_or("").trim();
    line.split_once(char::is_whitespace).map_or((line, ""), |(name, rest)| (name, rest.trim()))
}
