//! Where things stand: the time at the left, hosts' lines and what hangs on them in the middle, why at the right.

use super::Style;
use super::rows::{Drawn, Mark, Row};
use closewait::rule::Rule;

/// Columns of a whole line.
const WIDTH: usize = 120;
/// Columns of the reasons.
const WHY: usize = 40;
/// The least from one host's line to the next.
const LANE: usize = 16;

type Line = Vec<(Style, String)>;

/// The middle of a line, column by column.
struct Canvas {
    cells: Vec<(char, Style)>,
    /// Each host's column.
    lanes: Vec<usize>,
}

pub(super) fn lines(hosts: &[String], rows: &[Row]) -> Vec<Line> {
    let clock = rows.iter().map(|row| row.at.to_string().len()).max().unwrap_or(0).max(8);
    let gaps = hosts.len().saturating_sub(1);
    let width = (WIDTH - WHY - clock - 3).max(gaps * LANE + 1);
    let lanes: Vec<usize> = (0..hosts.len()).map(|i| i * (width - 1) / gaps.max(1)).collect();
    let mut lines = vec![heading(hosts, &lanes, clock, width)];
    let mut shown = None;
    for row in rows {
        let time = if shown == Some(row.at) { String::new() } else { row.at.to_string() };
        shown = Some(row.at);
        let mut line = vec![(Style::Time, format!("{time:>clock$} "))];
        let mut canvas = Canvas::new(&lanes, width);
        canvas.draw(&row.drawn);
        canvas.into_line(&mut line);
        if let Some(rule) = row.why {
            line.push((Style::Plain, "  ".into()));
            line.push((Style::Why, cut(&why(rule), WHY)));
        }
        lines.push(line);
    }
    lines
}

fn heading(hosts: &[String], lanes: &[usize], clock: usize, width: usize) -> Line {
    let mut canvas = Canvas { cells: vec![(' ', Style::Plain); width], lanes: lanes.to_vec() };
    for (i, host) in hosts.iter().enumerate() {
        let (last, length) = (i > 0 && i + 1 == hosts.len(), host.chars().count());
        let at = if last { (lanes[i] + 1).saturating_sub(length) } else { lanes[i] };
        canvas.write(at, host, Style::Heading);
    }
    let mut line = vec![(Style::Heading, format!("{:>clock$} ", "time"))];
    canvas.into_line(&mut line);
    line.push((Style::Heading, "  why".into()));
    line
}

/// `fin-received (RFC 9293 3.10.7.4 eighth)`: the first of a rule's sources.
fn why(rule: Rule) -> String {
    format!("{} ({})", rule.id(), rule.source().split(',').next().unwrap_or_default())
}

/// What a rule says, and all its sources.
pub(super) fn explained(rule: Rule, style: &dyn Fn(Style, &str) -> String) -> String {
    const ID: usize = 22;
    let mut lines = vec![String::new()];
    for word in format!("{} [{}]", rule.text(), rule.source()).split(' ') {
        let length = lines.last().map_or(0, |line| line.chars().count());
        if length > 0 && ID + length + word.chars().count() > WIDTH - 3 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            *line += if line.is_empty() { "" } else { " " };
            *line += word;
        }
    }
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        let id = if i == 0 { rule.id() } else { "" };
        out += &format!("{}{line}\n", style(Style::Why, &format!("{id:<ID$} ")));
    }
    out
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

impl Canvas {
    fn new(lanes: &[usize], width: usize) -> Self {
        let mut cells = vec![(' ', Style::Plain); width];
        for &lane in lanes {
            cells[lane] = ('│', Style::Line);
        }
        Self { cells, lanes: lanes.to_vec() }
    }

    fn write(&mut self, at: usize, text: &str, style: Style) {
        for (cell, c) in self.cells.iter_mut().skip(at).zip(text.chars()) {
            // What a scenario says may not reach the terminal as a control character.
            *cell = (if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }, style);
        }
    }

    fn draw(&mut self, drawn: &Drawn) {
        match drawn {
            Drawn::On { lane, mark, style, text } => self.draw_on(*lane, *mark, *style, text),
            Drawn::Arrow { from, to, style, words, stopped } => {
                self.draw_arrow(*from, *to, *style, words, *stopped);
            }
            Drawn::Across(text) => {
                let text = cut(&format!("═══ {text} ═══"), self.cells.len() - 2);
                let at = (self.cells.len() - text.chars().count()) / 2;
                self.write(at, &text, Style::Event);
            }
        }
    }

    /// At the right of the host's line; the last host's at the left of it.
    fn draw_on(&mut self, lane: usize, mark: Mark, style: Style, text: &str) {
        let (line, width) = (self.lanes[lane], self.cells.len());
        let last = lane > 0 && lane + 1 == self.lanes.len();
        let text = cut(text, width.saturating_sub(4));
        let length = text.chars().count();
        let (joint, beside) = match (mark, last) {
            (Mark::None, _) => ('│', ' '),
            (Mark::Call, false) => ('├', ' '),
            (Mark::Call, true) => ('┤', ' '),
            (Mark::Arrival, false) => ('│', '◄'),
            (Mark::Arrival, true) => ('│', '►'),
        };
        self.cells[line].0 = joint;
        if last {
            self.write(line.saturating_sub(length + 2), &text, style);
            self.write(line - 1, &beside.to_string(), style);
        } else {
            self.write((line + 3).min(width - length), &text, style);
            self.write(line + 1, &beside.to_string(), style);
        }
    }

    /// From one host's line to another's; what is stopped ends two thirds of the way.
    fn draw_arrow(
        &mut self,
        from: usize,
        to: Option<usize>,
        style: Style,
        words: &[String],
        stopped: Option<&'static str>,
    ) {
        let start = self.lanes[from];
        let beyond = if from + 1 < self.lanes.len() { self.cells.len() - 1 } else { 0 };
        let end = to.map_or(beyond, |to| self.lanes[to]);
        let (left, right) = (start.min(end), start.max(end));
        if right - left < 4 {
            return self.draw_on(from, Mark::Call, style, &words[0]);
        }
        let (rightwards, whole) = (end > start, right - left - 1);
        let drawn = if stopped.is_some_and(|why| why != "corrupted") { whole * 3 / 4 } else { whole };
        let inside = if rightwards { left + 1..left + 1 + drawn } else { right - drawn..right };
        for at in inside.clone() {
            let crossed = self.cells[at].0 == '│';
            self.cells[at] = (if crossed { '┼' } else { '─' }, style);
        }
        self.cells[start].0 = if rightwards { '├' } else { '┤' };
        let (head, at) = match (stopped, rightwards) {
            (Some(why), _) if why != "corrupted" => {
                ('╳', if rightwards { inside.end - 1 } else { inside.start })
            }
            (_, true) => ('►', inside.end - 1),
            (_, false) => ('◄', inside.start),
        };
        self.cells[at] = (head, if stopped.is_some() { Style::Lost } else { style });
        let room = drawn.saturating_sub(6);
        let all: Vec<String> =
            words.iter().map(|w| stopped.map_or_else(|| w.clone(), |why| format!("{w}, {why}"))).collect();
        let fits = all.iter().find(|words| words.chars().count() + 2 <= room).or(all.last());
        let label = cut(&format!(" {} ", fits.map_or("", String::as_str)), room);
        let at = inside.start + (drawn - label.chars().count().min(drawn)) / 2;
        self.write(at, &label, if stopped.is_some() { Style::Lost } else { style });
    }

    /// Neighbours in one style are one piece.
    fn into_line(self, line: &mut Line) {
        for (c, style) in self.cells {
            match line.last_mut() {
                Some((last, text)) if *last == style => text.push(c),
                _ => line.push((style, c.to_string())),
            }
        }
    }
}
