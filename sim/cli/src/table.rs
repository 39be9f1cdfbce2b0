//! `closewait table`.

use crate::args;
use crate::files::Folder;
use crate::output::print;
use crate::progress::Progress;
use clap::{Args, ValueEnum};
use closewait::profile::Profile;
use closewait::time::Duration;
use closewait_sim::table::{self, Parameters};
use std::path::PathBuf;

/// Runs the linger table: closesocket under every setting of the linger option, 18 rows, each in a world of its
/// own, and prints what happened.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Table {
    /// What the hosts do where sources disagree: windows, documented, rfc9293, win8-cav2016
    #[arg(long, value_name = "P", default_value = "windows", value_parser = args::profile)]
    profile: &'static Profile,
    /// One-way delay of the link, in s, ms, us or ns; at most 10s
    #[arg(long, value_name = "DELAY", default_value = "10ms", allow_hyphen_values = true, value_parser = args::one_way)]
    one_way: Duration,
    /// Timeout of the rows that have one, in seconds: 0 to 65535
    #[arg(long, value_name = "SECONDS", default_value = "5", allow_hyphen_values = true, value_parser = args::linger)]
    linger: u16,
    /// Bytes in the one send of the rows with data: 1 to 1073741823
    #[arg(long, value_name = "N", default_value = "262144", allow_hyphen_values = true, value_parser = args::bytes)]
    bytes: usize,
    /// How to print the table
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also write each row as a scenario (packetdrill's notation, with lanes) into this folder; needs a delay
    #[arg(long, value_name = "DIR")]
    pkt: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns, for people.
    Text,
    /// {"profile", "parameters", "rows"}, for programs.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  closewait table
  closewait table --profile documented --one-way 25ms --linger 3 --bytes 100000
  closewait table --format json | jq '.rows[] | select(.wire == \"RST\") | .why'
  closewait table --pkt rows

Each row: a client connects to a server that reads without pause, sets the linger option, sends the row's data and
calls closesocket. Data is 'none', 'unsent' (one send, nothing of it acknowledged yet) or 'undeliverable' (the link
is cut first). Waits are in virtual time. 'open' says whether a send of one byte succeeded after WSAEWOULDBLOCK: with
more than 524288 bytes queued it does not, although the connection works.";

impl Table {
    pub(crate) fn run(&self) -> Result<(), String> {
        if self.pkt.is_some() && self.one_way == Duration::ZERO {
            return Err(
                "--pkt with --one-way 0: without a delay everything happens at one instant, and a scenario \
                        cannot say in which order; 1us would do"
                    .into(),
            );
        }
        let names: Vec<String> = (1..=18).map(|row| format!("row-{row:02}.pkt")).collect();
        let folder = self.pkt.as_deref().map(|path| Folder::open(path, &names)).transpose()?;
        let parameters = Parameters { one_way: self.one_way, linger: self.linger, bytes: self.bytes };
        let settings = table::settings(&parameters);
        let progress = Progress::new(settings.len(), "rows");
        let mut rows = Vec::new();
        let mut scripts = Vec::new();
        for (i, setting) in settings.into_iter().enumerate() {
            let (row, script) = table::run_row(i + 1, setting, &parameters, self.profile, folder.is_some());
            scripts.extend(script.map(|text| (names[i].clone(), text)));
            rows.push(row);
            progress.done(i + 1);
        }
        drop(progress);
        if let Some(folder) = folder {
            folder.write(&scripts)?;
        }
        let table = table::Table { profile: self.profile.name, parameters: parameters.into(), rows };
        print(&match self.format {
            Format::Text => table.to_text(),
            Format::Json => {
                let json = serde_json::to_string_pretty(&table);
                json.map_err(|e| format!("cannot write the table as JSON: {e}"))? + "\n"
            }
        })
    }
}
