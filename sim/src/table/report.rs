//! The table's rows as data, JSON and text.

use super::{Data, Parameters, Setting};
use closewait::time::Duration;
use serde::Serialize;
use serde_json::Number;
use std::fmt::Write;

/// The table: `{"profile": …, "parameters": {…}, "rows": […]}`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Table {
    /// The profile's name.
    pub profile: &'static str,
    /// What all rows share.
    pub parameters: ParametersReport,
    /// The rows, in order.
    pub rows: Vec<Row>,
}

/// The parameters as JSON has them.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ParametersReport {
    /// One-way delay in milliseconds.
    pub one_way_ms: Number,
    /// The timeout of the rows that have one, in seconds.
    pub linger_s: u16,
    /// Bytes in the one send of the rows with data.
    pub bytes: usize,
}

impl From<Parameters> for ParametersReport {
    fn from(Parameters { one_way, linger, bytes }: Parameters) -> Self {
        Self { one_way_ms: millis(one_way), linger_s: linger, bytes }
    }
}

/// What happened in a row.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    /// The clause that the row is about.
    pub clause: &'static str,
    /// The linger option.
    pub l_onoff: u16,
    /// The linger option's seconds.
    pub l_linger: u16,
    /// "blocking" or "nonblocking".
    pub mode: &'static str,
    /// "none", "unsent" or "undeliverable".
    pub data: &'static str,
    /// What closesocket returned: 0 or -1.
    pub result: i32,
    /// Its error, if it failed.
    pub error: Option<&'static str>,
    /// From call to return, in milliseconds of virtual time.
    pub waited_ms: Number,
    /// The first "FIN" or "RST" handed to the client's link after the call (before the retry, if there is one).
    pub wire: Option<&'static str>,
    /// Whether the client entered TIME_WAIT.
    pub time_wait: bool,
    /// Bytes that send took.
    pub queued: usize,
    /// Bytes that the server's recv returned.
    pub delivered: usize,
    /// How the server's reading ended: "0", an error's name, or "silence".
    pub peer: &'static str,
    /// The rule behind what closesocket returned.
    pub why: String,
    /// After WSAEWOULDBLOCK: whether a send of one byte succeeded.
    pub still_open: Option<bool>,
    /// After WSAEWOULDBLOCK: closing again once all data was acknowledged.
    pub retry: Option<Retry>,
}

/// A second closesocket.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Retry {
    /// What it returned.
    pub result: i32,
    /// From call to return, in milliseconds.
    pub waited_ms: Number,
    /// The first "FIN" or "RST" handed to the client's link after it.
    pub wire: Option<&'static str>,
    /// Whether the client entered TIME_WAIT after it.
    pub time_wait: bool,
}

/// Milliseconds: a whole number where they are whole.
pub(super) fn millis(d: Duration) -> Number {
    let (whole, rest) = (d.as_millis(), d.as_nanos() % 1_000_000);
    let fraction = || format!("{whole}.{rest:06}").parse().ok().and_then(Number::from_f64);
    if rest == 0 { whole.into() } else { fraction().unwrap_or_else(|| whole.into()) }
}

impl Setting {
    pub(super) const fn mode(&self) -> &'static str {
        if self.nonblocking { "nonblocking" } else { "blocking" }
    }
}

impl Data {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unsent => "unsent",
            Self::Undeliverable => "undeliverable",
        }
    }
}

const HEADINGS: [&str; 13] = [
    "linger",
    "mode",
    "data",
    "closesocket",
    "waited ms",
    "wire",
    "TIME_WAIT",
    "queued",
    "delivered",
    "peer's recv",
    "open",
    "retry",
    "why",
];

impl Row {
    fn cells(&self) -> [String; 13] {
        let wire = |wire: Option<&str>| wire.unwrap_or("-").to_owned();
        let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let linger =
            if self.l_onoff == 0 { "off".into() } else { format!("{{{}, {}}}", self.l_onoff, self.l_linger) };
        let result = match self.error {
            None => self.result.to_string(),
            Some(error) => format!("{} {error}", self.result),
        };
        let retry = self.retry.as_ref().map_or_else(
            || "-".to_owned(),
            |r| {
                let tail = if r.time_wait { " TIME_WAIT" } else { "" };
                format!("{} {} ms {}{tail}", r.result, r.waited_ms, wire(r.wire))
            },
        );
        [
            linger,
            self.mode.into(),
            self.data.into(),
            result,
            self.waited_ms.to_string(),
            wire(self.wire),
            yes(self.time_wait),
            self.queued.to_string(),
            self.delivered.to_string(),
            self.peer.into(),
            self.still_open.map_or_else(|| "-".into(), yes),
            retry,
            self.why.clone(),
        ]
    }
}

impl Table {
    /// The table as text, for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let rows: Vec<_> = self.rows.iter().map(Row::cells).collect();
        let mut widths = HEADINGS.map(str::len);
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.len().max(*width);
            }
        }
        let ParametersReport { one_way_ms, linger_s, bytes } = &self.parameters;
        let mut out = format!(
            "closesocket under profile {}: {one_way_ms} ms one way, timeout {linger_s} s, {bytes} bytes\n\n",
            self.profile
        );
        let headings = HEADINGS.map(str::to_owned);
        for row in std::iter::once(&headings).chain(&rows) {
            let mut line = String::new();
            for (i, (cell, width)) in row.iter().zip(widths).enumerate() {
                // Numbers stand right.
                let _ = if matches!(i, 4 | 7 | 8) {
                    write!(line, "{cell:>width$}  ")
                } else {
                    write!(line, "{cell:<width$}  ")
                };
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}
