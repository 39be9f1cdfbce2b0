//! Times and other quantities: seconds in decimal to nanoseconds, exactly.

use closewait::time::Duration;

use super::lex::{Kind, Token};
use super::{Fault, Parse, Parser};
use crate::script::ast::{At, End, Span, Start, Time};

/// What does as a time.
const SECONDS: &str = "seconds in decimal, such as `0.25`";

/// Nanoseconds in a second.
const NANOS: u64 = 1_000_000_000;

impl<'a> Parser<'a> {
    /// The time at the start of a line; `+0` if there is none.
    pub(super) fn time(&mut self) -> Parse<(At<Time>, bool)> {
        let first = self.peek();
        let start = match (first.kind, first.text) {
            (Kind::Punct, "*") => {
                self.bump();
                let time = Time { start: Start::Any, latest: None, end: None };
                return Ok((At { value: time, span: first.span }, true));
            }
            (Kind::Punct, "^") => {
                self.bump();
                self.expect("+", "`+` after `^`: `^+0.1` is 0.1 s after the start of the previous line")?;
                Start::AfterStart(self.seconds()?)
            }
            (Kind::Punct, "+") => {
                self.bump();
                Start::After(self.seconds()?)
            }
            (Kind::Number, _) => Start::Absolute(self.seconds()?),
            (Kind::Punct, "-") => return Err(self.expected("a time, which is never negative")),
            _ => {
                let time = Time { start: Start::After(Duration::ZERO), latest: None, end: None };
                return Ok((
                    At { value: time, span: Span { start: first.span.start, end: first.span.start } },
                    false,
                ));
            }
        };
        let from = match start {
            Start::Absolute(t) | Start::After(t) | Start::AfterStart(t) => t,
            Start::Any => Duration::ZERO,
        };
        let latest = if self.eat("~") { Some(self.bound(&start, from)?) } else { None };
        let end = if self.peek().kind == Kind::Ellipsis {
            self.bump();
            Some(self.end(&start, from)?)
        } else {
            None
        };
        let span = Span { start: first.span.start, end: self.last_end() };
        Ok((At { value: Time { start, latest, end }, span }, true))
    }

    /// What follows `...`: `T`, `T~T`, `*`.
    fn end(&mut self, start: &Start, from: Duration) -> Parse<End> {
        if self.eat("*") {
            return Ok(End::Any);
        }
        let at = self.bound(start, from)?;
        if self.eat("~") { Ok(End::Between(at, self.bound(start, at)?)) } else { Ok(End::At(at)) }
    }

    /// A later time from the same base; packetdrill repeats the `+` of a relative one.
    fn bound(&mut self, start: &Start, least: Duration) -> Parse<Duration> {
        if matches!(start, Start::After(_) | Start::AfterStart(_)) {
            self.eat("+");
        }
        let token = self.peek();
        let bound = self.seconds()?;
        if bound < least {
            return Err(Fault::at(token.span, "this span ends before it starts")
                .expected("two times from the same base, the earlier first"));
        }
        Ok(bound)
    }

    /// Seconds in decimal.
    fn seconds(&mut self) -> Parse<Duration> {
        let token = self.peek();
        if token.kind != Kind::Number {
            return Err(self.expected(SECONDS));
        }
        self.bump();
        seconds(token)
    }

    /// `30ms`, `10us`, `2s`: a length of time with its unit.
    pub(super) fn length(&mut self) -> Parse<Duration> {
        let token = self.peek();
        let length = (token.kind == Kind::Number).then(|| token.text.parse().ok()).flatten();
        let Some(length) = length else {
            return Err(self.expected("a length of time with its unit, such as `30ms`"));
        };
        self.bump();
        Ok(length)
    }
}

fn seconds(token: Token<'_>) -> Parse<Duration> {
    let fault = |message: String| Fault::at(token.span, message).expected(SECONDS);
    if let Some(positive) = token.text.strip_prefix('-') {
        return Err(fault(format!("the time `{}` is negative", token.text)).suggest(positive));
    }
    match decimal(token.text, NANOS) {
        Decimal::Value(nanos) => Ok(Duration::from_nanos(nanos)),
        Decimal::TooLarge => Err(fault(format!("the time `{}` is beyond the end of the clock", token.text))
            .expected("at most 18446744073 seconds (584 years)")),
        Decimal::TooFine => Err(fault(format!("the time `{}` is finer than a nanosecond", token.text))
            .expected("at most nine digits after the point")),
        Decimal::Malformed => {
            let fault = fault(format!("`{}` is not a time", token.text));
            Err(match token.text.parse() {
                Ok(length) => fault.suggest(&in_seconds(length)),
                Err(_) => fault,
            })
        }
    }
}

/// What became of a decimal number times a factor.
enum Decimal {
    Value(u64),
    TooLarge,
    TooFine,
    Malformed,
}

/// `text` times `scale`, a power of ten.
fn decimal(text: &str, scale: u64) -> Decimal {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Decimal::Malformed;
    }
    let mut value = match whole {
        "" => 0,
        whole => match whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(scale)) {
            Some(value) => value,
            None => return Decimal::TooLarge,
        },
    };
    let mut place = scale;
    for digit in fraction.bytes().map(|b| u64::from(b - b'0')) {
        if place == 1 && digit != 0 {
            return Decimal::TooFine;
        }
        place = (place / 10).max(1);
        value = match value.checked_add(digit * place) {
            Some(value) => value,
            None => return Decimal::TooLarge,
        };
    }
    Decimal::Value(value)
}

/// As the notation writes it.
fn in_seconds(length: Duration) -> String {
    let text = format!("{}.{:09}", length.as_nanos() / NANOS, length.as_nanos() % NANOS);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
