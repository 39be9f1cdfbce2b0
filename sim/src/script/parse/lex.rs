//! Text to tokens. Nothing fails here: what is no token becomes a [`Kind::Bad`] one, and the parser says so
//! if it comes across it (in a skipped branch of an `#ifdef` it does not).

use winnow::ascii::{digit1, till_line_ending};
use winnow::combinator::{alt, opt, preceded, repeat};
use winnow::error::{EmptyError, ParserError};
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{any, one_of, take_till, take_until, take_while};
use winnow::{Parser, Result};

use super::super::ast::Span;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `client`, `SO_LINGER`, `my-host`
    Word,
    /// `3`, `-1`, `0x202`, `0.25`, `10.0.0.1`, `30ms`: what begins with a digit, unjudged.
    Number,
    /// `"…"`, quotes and escapes as they stand.
    Text,
    /// `` `…` ``
    Shell,
    /// `%{ … }%`
    Code,
    /// `...`
    Ellipsis,
    /// `--name` or `--name=value`
    Header,
    /// `#ifdef NAME` and its like, to the end of the line.
    Directive,
    /// `[fd00::1]:80`
    Address6,
    /// `==` or one character.
    Punct,
    /// The end of a line.
    Newline,
    /// No token; why.
    Bad(&'static str),
    /// The end of the text.
    End,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    /// What it is.
    pub(super) kind: Kind,
    /// Its text.
    pub(super) text: &'a str,
    /// Its place.
    pub(super) span: Span,
    /// Whether it is the first of its line.
    pub(super) first: bool,
}

type Input<'a> = LocatingSlice<&'a str>;

const OPEN_SHELL: &str = "this shell line has no closing backquote";
const OPEN_CODE: &str = "this code has no closing `}%`";

/// What was found to have no end: what opens later has none either, and is not searched for it again, so that
/// the whole takes linear time.
#[derive(Clone, Copy, Default)]
struct Open {
    shell: bool,
    code: bool,
}

/// Nothing is known of a failure here but that it happened.
type Lexed<T> = Result<T, EmptyError>;

/// All tokens of `text`, an [`Kind::End`] last.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut input = LocatingSlice::new(text);
    let mut tokens = Vec::with_capacity(text.len() / 4 + 1);
    let mut first = true;
    // A byte order mark, and the line that makes a script executable.
    let _ = opt::<_, _, EmptyError, _>('\u{feff}').parse_next(&mut input);
    let _ = opt::<_, _, EmptyError, _>(("#!", till_line_ending)).parse_next(&mut input);
    let mut open = Open::default();
    loop {
        let _ = blank(&mut input);
        let start = input.current_token_start();
        let Ok(kind) = token(first, open).parse_next(&mut input) else { break };
        open.shell |= kind == Kind::Bad(OPEN_SHELL);
        open.code |= kind == Kind::Bad(OPEN_CODE);
        let end = input.current_token_start();
        tokens.push(Token { kind, text: &text[start..end], span: Span { start, end }, first });
        first = kind == Kind::Newline;
        if end == start {
            break;
        }
    }
    let end = text.len();
    tokens.push(Token { kind: Kind::End, text: "", span: Span { start: end, end }, first });
    tokens
}

/// Spaces and comments.
fn blank(input: &mut Input<'_>) -> Lexed<()> {
    repeat(
        0..,
        alt((
            take_while(1.., |c: char| c.is_whitespace() && c != '\n').void(),
            ("//", till_newline).void(),
            ("/*", take_until(0.., "*/"), "*/").void(),
        )),
    )
    .parse_next(input)
}

/// To the end of the line, the `\r` of a `\r\n` included.
fn till_newline<'a>(input: &mut Input<'a>) -> Lexed<&'a str> {
    take_till(0.., '\n').parse_next(input)
}

/// One token.
fn token<'a>(first: bool, open: Open) -> impl Parser<Input<'a>, Kind, EmptyError> {
    move |input: &mut Input<'a>| {
        let Some(next) = input.chars().next() else { return Err(EmptyError::from_input(input)) };
        match next {
            '\n' => any.value(Kind::Newline).parse_next(input),
            '"' => alt((
                quoted('"', false).value(Kind::Text),
                till_newline.value(Kind::Bad("this text has no closing `\"` on its line")),
            ))
            .parse_next(input),
            '`' if open.shell => till_newline.value(Kind::Bad(OPEN_SHELL)).parse_next(input),
            '`' => alt((quoted('`', true).value(Kind::Shell), till_newline.value(Kind::Bad(OPEN_SHELL))))
                .parse_next(input),
            '%' if !open.code => alt((
                ("%{", take_until(0.., "}%"), "}%").value(Kind::Code),
                ("%{", till_newline).value(Kind::Bad(OPEN_CODE)),
                any.value(Kind::Punct),
            ))
            .parse_next(input),
            '%' => alt((("%{", till_newline).value(Kind::Bad(OPEN_CODE)), any.value(Kind::Punct)))
                .parse_next(input),
            '/' => alt((
                ("/*", winnow::token::rest).value(Kind::Bad("this comment has no closing `*/`")),
                any.value(Kind::Punct),
            ))
            .parse_next(input),
            '#' if first => till_line_ending.value(Kind::Directive).parse_next(input),
            '[' => alt((address6.value(Kind::Address6), any.value(Kind::Punct))).parse_next(input),
            '=' => alt(("==".void(), any.void())).value(Kind::Punct).parse_next(input),
            '\u{2026}' => any.value(Kind::Ellipsis).parse_next(input),
            '.' => alt(("...".value(Kind::Ellipsis), number.value(Kind::Number), any.value(Kind::Punct)))
                .parse_next(input),
            '-' => alt((header.value(Kind::Header), number.value(Kind::Number), any.value(Kind::Punct)))
                .parse_next(input),
            '0'..='9' => number.value(Kind::Number).parse_next(input),
            c if is_word_start(c) => word.value(Kind::Word).parse_next(input),
            _ => any.value(Kind::Punct).parse_next(input),
        }
    }
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A name; a `-` inside belongs to it (hosts and options have some), a `-` after it does not.
fn word<'a>(input: &mut Input<'a>) -> Lexed<&'a str> {
    (take_while(1.., is_word), repeat::<_, _, (), _, _>(0.., ('-', take_while(1.., is_word)).void()))
        .take()
        .parse_next(input)
}

/// What begins like a number: a sign, digits, groups after dots, and letters that follow without a space.
fn number<'a>(input: &mut Input<'a>) -> Lexed<&'a str> {
    let dotted = || ('.', digit1).void();
    (
        opt('-'),
        alt((digit1.void(), dotted())),
        repeat::<_, _, (), _, _>(0.., dotted()),
        take_while(0.., is_word),
    )
        .take()
        .parse_next(input)
}

/// Text between two of `mark`, in which a backslash keeps the next character; over lines if `lines`.
fn quoted<'a>(mark: char, lines: bool) -> impl Parser<Input<'a>, (), EmptyError> {
    move |input: &mut Input<'a>| {
        let plain = take_while(1.., move |c: char| c != mark && c != '\\' && (lines || c != '\n'));
        let escaped = preceded('\\', any.verify(move |c: &char| lines || *c != '\n'));
        (mark, repeat::<_, _, (), _, _>(0.., alt((plain.void(), escaped.void()))), mark)
            .void()
            .parse_next(input)
    }
}

/// `--name`, `--name=value`: the value goes to the next space, spaces in quotes and backquotes are part of
/// it.
fn header<'a>(input: &mut Input<'a>) -> Lexed<&'a str> {
    let value = repeat::<_, _, (), _, _>(
        0..,
        alt((
            quoted('"', false),
            quoted('`', true),
            take_while(1.., |c: char| !c.is_whitespace() && !matches!(c, '"' | '`')).void(),
            one_of(['"', '`']).void(),
        )),
    );
    ("--", word, opt(('=', value))).take().parse_next(input)
}

/// `[fd00::1]:80`
fn address6<'a>(input: &mut Input<'a>) -> Lexed<&'a str> {
    let inside = take_while(2.., |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.'))
        .verify(|inside: &str| inside.matches(':').count() >= 2);
    ('[', inside, "]:", digit1).take().parse_next(input)
}
