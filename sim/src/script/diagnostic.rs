//! What is wrong with a script, where, and what would do.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::ast::Span;

/// One thing that is wrong with a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Where.
    pub span: Span,
    /// What.
    pub message: String,
    /// What would do here.
    pub expected: Option<String>,
    /// What was meant, perhaps.
    pub suggestion: Option<String>,
    /// How bad it is.
    pub kind: Kind,
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// The script is wrong.
    Error,
    /// The script may well be right, and asks for something that is not modelled (tunnels, SCTP): it is
    /// skipped, and counted.
    NotSupported,
}

impl Diagnostic {
    /// The diagnostic for a reader: place and message, the line with a mark below, what was expected, what
    /// was meant. `text` is what was parsed.
    ///
    /// For many of one file use [`render_all`], which looks for the lines once.
    #[must_use]
    pub fn render(&self, file: &str, text: &str) -> String {
        self.render_in(file, &Lines::new(text))
    }

    /// The place of its start: line and column from 1 on, columns in characters.
    #[must_use]
    pub fn place(&self, text: &str) -> (usize, usize) {
        Lines::new(text).place(self.span.start)
    }

    fn render_in(&self, file: &str, lines: &Lines<'_>) -> String {
        let (line, column) = lines.place(self.span.start);
        let (start, content) = lines.content(line);
        // A mark stays on its line; a place between two characters is shown under the next.
        let within = |byte: usize| content.floor_char_boundary(byte.saturating_sub(start));
        let (from, to) = (within(self.span.start), within(self.span.end.max(self.span.start)));
        let label = self.expected.as_ref().map(|expected| format!("expected {expected}"));
        let mark = AnnotationKind::Primary.span(from..to).label(label.as_deref());
        let snippet = Snippet::source(content).line_start(line).annotation(mark);
        let mut group = Group::with_level(Level::ERROR).element(snippet);
        if let Some(suggestion) = &self.suggestion {
            group = group.element(Level::HELP.message(format!("did you mean `{}`?", printable(suggestion))));
        }
        let what = match self.kind {
            Kind::Error => "error",
            Kind::NotSupported => "not supported",
        };
        let snippet = Renderer::plain().render(&[group]);
        let message = printable(&self.message);
        format!("{file}:{line}:{column}: {what}: {message}\n{snippet}\n")
    }
}

/// All diagnostics of one file for a reader, in the order given.
#[must_use]
pub fn render_all(diagnostics: &[Diagnostic], file: &str, text: &str) -> String {
    let lines = Lines::new(text);
    diagnostics.iter().map(|diagnostic| diagnostic.render_in(file, &lines)).collect()
}

/// A message that quotes a script may not bring the script's control characters to the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Where lines start.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of a byte, from 1 on.
    fn place(&self, byte: usize) -> (usize, usize) {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        (line, self.text[start..byte].chars().count() + 1)
    }

    /// Where a line starts, and its text without its end.
    fn content(&self, line: usize) -> (usize, &'a str) {
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        (start, self.text[start..end].trim_end_matches('\r'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(start: usize, end: usize) -> Diagnostic {
        Diagnostic {
            span: Span { start, end },
            message: "unknown function `closesockt`".to_owned(),
            expected: Some("a function of Winsock or POSIX".to_owned()),
            suggestion: Some("closesocket".to_owned()),
            kind: Kind::Error,
        }
    }

    #[test]
    fn place_line_caret_expected_and_suggestion() {
        let text = "// A case.\n+0 client: closesockt(3) = 0\n";
        assert_eq!(
            diagnostic(22, 32).render("case.pkt", text),
            "case.pkt:2:12: error: unknown function `closesockt`
  |
2 | +0 client: closesockt(3) = 0
  |            ^^^^^^^^^^ expected a function of Winsock or POSIX
  |
  = help: did you mean `closesocket`?
"
        );
    }

    #[test]
    fn columns_are_characters() {
        assert_eq!(diagnostic(6, 7).place("äöü(x"), (1, 4));
        assert_eq!(diagnostic(7, 7).place("ab\r\nä\nx"), (3, 1));
        assert_eq!(diagnostic(0, 0).place(""), (1, 1));
        assert_eq!(diagnostic(9, 9).place("a\n"), (2, 1));
    }

    #[test]
    fn any_place_can_be_shown() {
        let text = "a\tb\u{7}c\r\n\näöü\n";
        for start in 0..=text.len() + 2 {
            for end in start..=text.len() + 2 {
                assert!(diagnostic(start, end).render("x", text).starts_with("x:"), "{start}..{end}");
            }
        }
    }

    #[test]
    fn a_skipped_script_is_told_from_a_wrong_one_and_control_characters_stay_out() {
        let found =
            Diagnostic { kind: Kind::NotSupported, message: "a\u{1b}[31m".to_owned(), ..diagnostic(0, 1) };
        let all = render_all(&[found], "x", "\u{1b}[31m");
        assert!(all.starts_with("x:1:1: not supported: a\u{fffd}[31m\n"), "{all}");
        assert!(!all.contains('\u{1b}'), "{all}");
    }
}
