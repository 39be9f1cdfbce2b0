//! Colours: for a terminal, unless `NO_COLOR` is set, or as the user says.

use crate::output::Stream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use closewait_sim::trace::ladder;

/// `--color`
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Whether a stream is painted.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    pub(crate) fn new(color: Color, stream: Stream) -> Self {
        let on = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let choice = match stream {
                    Stream::Out => AutoStream::choice(&std::io::stdout()),
                    Stream::Err => AutoStream::choice(&std::io::stderr()),
                };
                choice != ColorChoice::Never
            }
        };
        Self { on }
    }

    /// The text, painted.
    pub(crate) fn text(self, style: Style, text: &str) -> String {
        if self.on && style != Style::new() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A piece of a ladder.
    pub(crate) fn piece(self, piece: ladder::Style, text: &str) -> String {
        let color = |color: AnsiColor| color.on_default();
        let style = match piece {
            ladder::Style::Plain | ladder::Style::Call => Style::new(),
            ladder::Style::Heading => Style::new().bold(),
            ladder::Style::Time | ladder::Style::Line | ladder::Style::Why => Style::new().dimmed(),
            ladder::Style::Failed => color(AnsiColor::Red),
            ladder::Style::State => color(AnsiColor::Magenta),
            ladder::Style::Syn => color(AnsiColor::Green),
            ladder::Style::Fin => color(AnsiColor::Yellow),
            ladder::Style::Rst => color(AnsiColor::Red).bold(),
            ladder::Style::Segment => color(AnsiColor::Cyan),
            ladder::Style::Lost => color(AnsiColor::Red),
            ladder::Style::Notice => Style::new().dimmed(),
            ladder::Style::Event => color(AnsiColor::Blue).bold(),
        };
        self.text(style, text)
    }
}

/// How verdicts are shown.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const SKIPPED: Style = AnsiColor::Yellow.on_default();
