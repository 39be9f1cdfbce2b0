//! `closewait run`.
//!
//! `find.rs` finds the files, `pool.rs` runs them in parallel, `one.rs` runs one and says what came of it,
//! `report.rs` says it to programs.

mod find;
mod one;
mod pool;
mod report;

use crate::args;
use crate::color::{Color, Paint};
use crate::files::Target;
use crate::output::{self, Stream};
use crate::progress::Progress;
use clap::{Args, ValueEnum};
use closewait::profile::Profile;
use closewait_sim::script::Options;
use one::{Ending, One};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs scenarios (packetdrill's notation, with lanes for whole hosts) and says which pass.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// Scenario files, and folders whose .pkt files are meant
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// The seed, where a file names none
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The profile of hosts, where a file names none: windows, documented, rfc9293, win8-cav2016
    #[arg(long, value_name = "P", default_value = "windows", value_parser = args::profile)]
    profile: &'static Profile,
    /// One machine: do not compare options, window and initial number of the stack's own handshake segments
    #[arg(long)]
    lenient: bool,
    /// One machine: refuse shell lines that mean nothing here, instead of skipping them
    #[arg(long)]
    strict: bool,
    /// Print everything that happened, too
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Print the verdicts for a test harness
    #[arg(long, value_enum, conflicts_with = "format")]
    report: Option<Report>,
    /// Write the packets of the one file to a capture
    #[arg(long, value_name = "OUT")]
    pcapng: Option<PathBuf>,
    /// Print every host's sockets at the end, too
    #[arg(long)]
    netstat: bool,
    /// Files that run at the same time; as many as there are processors unless said
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Colours: on a terminal, always or never
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// How a run is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Calls, segments and states in lanes, each with its reason.
    Ladder,
    /// Packets as tcpdump prints them, the calls between as comments.
    Tcpdump,
    /// An object a line, for programs (docs/schema/jsonl.schema.json).
    Jsonl,
    /// A scenario that passes.
    Pkt,
}

/// How verdicts are printed for a test harness.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Report {
    /// TAP version 14.
    Tap,
    /// JUnit XML.
    Junit,
}

const EXAMPLES: &str = "\
Examples:
  closewait run case.pkt
  closewait run cases/ --profile documented
  closewait run case.pkt --format ladder
  closewait run case.pkt --format jsonl | jq -c 'select(.event == \"sent\") | .packet'
  closewait run case.pkt --format pkt > printed.pkt
  closewait run cases/ --report junit > report.xml
  closewait run case.pkt --netstat --pcapng case.pcapng

With --format jsonl or pkt, and with --report, standard output holds nothing else: verdicts and summary go to
standard error.

Exit status: 0 every scenario that ran passed, 1 one failed or none ran, 2 bad input.";

/// What became of the files.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
    bad: usize,
    unprinted: usize,
    /// How often a file was skipped for a reason.
    reasons: BTreeMap<String, usize>,
}

impl Run {
    pub(crate) fn run(&self) -> Result<ExitCode, String> {
        let files = find::files(&self.paths)?;
        if self.pcapng.is_some() && files.len() != 1 {
            return Err(format!("--pcapng writes one scenario's packets, and there are {}", files.len()));
        }
        let capture = self.pcapng.as_deref().map(Target::open).transpose()?;
        let one = self.one(files.len());
        let mut report = self.report.map(|kind| report::Report::new(kind, files.len()));
        let (mut counts, mut packets, mut broken) = (Counts::default(), None, None);
        let progress = Progress::new(files.len(), "scenarios");
        let jobs = self.jobs.or_else(|| std::thread::available_parallelism().ok());
        pool::each(
            &files,
            jobs.map_or(1, NonZeroUsize::get),
            |path| one.run(path),
            |i, done| {
                counts.count(&done.ending, done.unprinted);
                let told =
                    report.as_mut().map_or(done.printed, |report| report.add(&done.name, &done.ending));
                let (out, err) = match self.verdicts() {
                    Stream::Out => (told + &done.verdict, String::new()),
                    Stream::Err => (told, done.verdict),
                };
                let wrote = progress.beside(|| output::print(&out).and_then(|()| output::say(&err)));
                packets = done.packets;
                progress.done(i + 1);
                broken = wrote.err();
                broken.is_none()
            },
        );
        drop(progress);
        if let Some(error) = broken {
            return Err(error);
        }
        if let Some(capture) = capture {
            capture.write(&packets.unwrap_or_default())?;
        }
        output::print(&report.map_or_else(String::new, report::Report::finish))?;
        match self.verdicts() {
            Stream::Out => output::print(&counts.summary())?,
            Stream::Err => output::say(&counts.summary())?,
        }
        Ok(counts.exit())
    }

    /// What each file is run with.
    fn one(&self, files: usize) -> One<'_> {
        let Self { lenient, strict, seed, .. } = *self;
        One {
            run: self,
            options: Options { profile: self.profile.clone(), seed, lenient, strict },
            printed: Paint::new(self.color, Stream::Out),
            verdict: Paint::new(self.color, self.verdicts()),
            many: files > 1,
        }
    }

    /// Where verdicts go: standard output, unless a program reads that.
    fn verdicts(&self) -> Stream {
        match (self.format, self.report) {
            (Some(Format::Jsonl | Format::Pkt), _) | (_, Some(_)) => Stream::Err,
            (Some(Format::Ladder | Format::Tcpdump) | None, None) => Stream::Out,
        }
    }
}

impl Counts {
    fn count(&mut self, ending: &Ending, unprinted: bool) {
        self.unprinted += usize::from(unprinted);
        match ending {
            Ending::Passed => self.passed += 1,
            Ending::Skipped(why) => {
                self.skipped += 1;
                *self.reasons.entry(why.clone()).or_default() += 1;
            }
            Ending::Failed(_) => self.failed += 1,
            Ending::Bad(_) => self.bad += 1,
        }
    }

    /// `3 passed, 1 failed, 2 skipped`, and why those were skipped, the most frequent reason first.
    fn summary(&self) -> String {
        let Self { passed, failed, skipped, bad, reasons, .. } = self;
        let mut out = format!("{passed} passed, {} failed, {skipped} skipped\n", failed + bad);
        if *bad > 0 {
            out += &format!("  {bad} failed: bad input\n");
        }
        let mut reasons: Vec<_> = reasons.iter().collect();
        reasons.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
        for (reason, n) in reasons {
            out += &format!("  {n} skipped: {reason}\n");
        }
        out
    }

    fn exit(&self) -> ExitCode {
        match (self.bad, self.failed + self.unprinted, self.passed) {
            (1.., _, _) => ExitCode::from(2),
            (0, 1.., _) | (0, 0, 0) => ExitCode::FAILURE,
            (0, 0, 1..) => ExitCode::SUCCESS,
        }
    }
}
