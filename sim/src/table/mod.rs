//! The linger table, run live: 18 rows, each a fresh world in which a client closes under one setting of the
//! linger option. Nothing here knows an answer; every field is read off the run.
//!
//! For each row a host *client* and a host *server* are joined by a link. The server listens, accepts, reads
//! without pause and closes gracefully when it has read to the end. The client connects, sets SO_SNDBUF to 512 KiB
//! and the linger option, switches to nonblocking where the row says so; then, at one instant, it sends the row's
//! data and calls closesocket.

mod report;
mod run;

pub use report::{Retry, Row, Table};

use closewait::profile::Profile;
use closewait::time::Duration;
use closewait::winsock::Linger;

/// What all rows share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// One-way delay of the link.
    pub one_way: Duration,
    /// The timeout of the rows that have one, in seconds.
    pub linger: u16,
    /// Bytes in the one send of the rows with data.
    pub bytes: usize,
}

impl Parameters {
    /// The longest one-way delay: with a longer one some profile's connect gives up before the SYN+ACK is there.
    pub const MAX_ONE_WAY: Duration = Duration::from_secs(10);
    /// The most bytes: what a send queue holds, less the byte that a row sends later.
    pub const MAX_BYTES: usize = closewait::tcp::send::MAX_QUEUE - 1;
}

impl Default for Parameters {
    fn default() -> Self {
        Self { one_way: Duration::from_millis(10), linger: 5, bytes: 262_144 }
    }
}

/// What is in the send queue when closesocket is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Data {
    /// Nothing.
    None,
    /// [`Parameters::bytes`] in one send.
    Unsent,
    /// The same, and the link is cut before.
    Undeliverable,
}

/// What a row sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The linger option.
    pub linger: Linger,
    /// The socket's mode.
    pub nonblocking: bool,
    /// The send queue.
    pub data: Data,
}

impl Setting {
    /// The clause of the linger table that the row is about.
    #[must_use]
    pub const fn clause(&self) -> &'static str {
        match (self.linger.l_onoff, self.linger.l_linger, self.nonblocking) {
            (0, _, _) => "CS-D1",
            (_, 0, _) => "CS-D2",
            (_, _, false) => "CS-D3",
            (_, _, true) => "CS-E10",
        }
    }
}

/// The 18 settings, in the table's order.
#[must_use]
pub fn settings(parameters: &Parameters) -> Vec<Setting> {
    let mut settings = Vec::new();
    let lingers = [(0, 0), (1, 0), (1, parameters.linger)];
    for (l_onoff, l_linger) in lingers {
        for nonblocking in [false, true] {
            for data in [Data::None, Data::Unsent, Data::Undeliverable] {
                let linger = Linger { l_onoff, l_linger };
                settings.push(Setting { linger, nonblocking, data });
            }
        }
    }
    settings
}

/// Runs one row; with `script`, also as a scenario that passes.
///
/// # Panics
/// If the parameters are out of the bounds that [`Parameters`] names: the client cannot connect then.
#[must_use]
pub fn run_row(
    number: usize,
    setting: Setting,
    parameters: &Parameters,
    profile: &Profile,
    script: bool,
) -> (Row, Option<String>) {
    run::Run::new(setting, parameters, profile, script).finish(number)
}

/// Runs every row. `progress` is told after each how many are done.
///
/// # Panics
/// As [`run_row`].
#[must_use]
pub fn run(parameters: &Parameters, profile: &Profile, mut progress: impl FnMut(usize)) -> Table {
    let settings = settings(parameters);
    let rows = settings.into_iter().enumerate().map(|(i, setting)| {
        let (row, _) = run_row(i + 1, setting, parameters, profile, false);
        progress(i + 1);
        row
    });
    Table { profile: profile.name, parameters: (*parameters).into(), rows: rows.collect() }
}
