//! `closewait run`.

use crate::args;
use crate::output::print;
use crate::progress::Progress;
use clap::Args;
use closewait::profile::Profile;
use closewait_sim::netstat::netstat;
use closewait_sim::script::diagnostic::Kind;
use closewait_sim::script::{self, Failure, Options, Verdict};
use closewait_sim::trace;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
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
    /// The profile of hosts, where a file names none: windows, documented, rfc9293
    #[arg(long, value_name = "P", default_value = "windows", value_parser = args::profile)]
    profile: &'static Profile,
    /// One machine: do not compare options, window and initial number of the stack's own handshake segments
    #[arg(long)]
    lenient: bool,
    /// One machine: refuse shell lines that mean nothing here, instead of skipping them
    #[arg(long)]
    strict: bool,
    /// Print everything that happened as JSON Lines, too
    #[arg(long)]
    jsonl: bool,
    /// Write the packets of the one file to a capture
    #[arg(long, value_name = "OUT")]
    pcapng: Option<PathBuf>,
    /// Print every host's sockets at the end, too
    #[arg(long)]
    netstat: bool,
}

const EXAMPLES: &str = "\
Examples:
  closewait run case.pkt
  closewait run cases/ --profile documented
  closewait run case.pkt --netstat --pcapng case.pcapng

Exit status: 0 every scenario that ran passed, 1 one failed or none ran, 2 bad input.";

/// What became of the files.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
    bad: usize,
}

impl Run {
    pub(crate) fn run(&self) -> Result<ExitCode, String> {
        let files = self.files()?;
        if self.pcapng.is_some() && files.len() != 1 {
            return Err(format!("--pcapng writes one scenario's packets, and there are {}", files.len()));
        }
        let capture = self.pcapng.as_deref().map(crate::files::Target::open).transpose()?;
        let progress = Progress::new(files.len(), "scenarios");
        let (mut out, mut counts, mut packets) = (String::new(), Counts::default(), None);
        for (i, path) in files.iter().enumerate() {
            let bytes = fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            self.one(path, &bytes, &mut out, &mut counts, &mut packets);
            progress.done(i + 1);
        }
        drop(progress);
        if let Some(capture) = capture {
            capture.write(&packets.unwrap_or_default())?;
        }
        let Counts { passed, failed, skipped, bad } = counts;
        let _ = writeln!(out, "{passed} passed, {} failed, {skipped} skipped", failed + bad);
        print(&out)?;
        Ok(match (bad, failed, passed) {
            (1.., _, _) => ExitCode::from(2),
            (0, 1.., _) | (0, 0, 0) => ExitCode::FAILURE,
            (0, 0, 1..) => ExitCode::SUCCESS,
        })
    }

    /// The files that the paths mean, folders' in the order of their names.
    fn files(&self) -> Result<Vec<PathBuf>, String> {
        let mut files = Vec::new();
        for path in &self.paths {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let before = files.len();
            folder(path, &mut files)
                .map_err(|e| format!("cannot read the folder {}: {e}", path.display()))?;
            if files.len() == before {
                return Err(format!("{} has no .pkt file", path.display()));
            }
        }
        Ok(files)
    }

    fn one(
        &self,
        path: &Path,
        bytes: &[u8],
        out: &mut String,
        counts: &mut Counts,
        packets: &mut Option<Vec<u8>>,
    ) {
        let name = path.display().to_string();
        let Self { lenient, strict, seed, .. } = *self;
        let options = Options { profile: self.profile.clone(), seed, lenient, strict };
        let Ok(text) = std::str::from_utf8(bytes) else {
            counts.bad += 1;
            let _ = writeln!(out, "BAD     {name}: not UTF-8 text");
            return;
        };
        let report = match script::run(text, &options) {
            Ok(report) => report,
            Err(diagnostics) if diagnostics.iter().all(|d| d.kind == Kind::NotSupported) => {
                counts.skipped += 1;
                let why = diagnostics.first().map_or("", |d| d.message.as_str());
                let _ = writeln!(out, "skipped {name}: {why}");
                return;
            }
            Err(diagnostics) => {
                counts.bad += 1;
                let _ = writeln!(out, "BAD     {name}");
                for diagnostic in diagnostics {
                    let _ = writeln!(out, "{}", diagnostic.render(&name, text));
                }
                return;
            }
        };
        match &report.verdict {
            Verdict::Passed => {
                counts.passed += 1;
                let skipped = match report.skipped_lines {
                    0 => String::new(),
                    n => format!(" ({n} lines skipped)"),
                };
                let _ = writeln!(out, "ok      {name}{skipped}");
            }
            Verdict::Skipped(why) => {
                counts.skipped += 1;
                let _ = writeln!(out, "skipped {name}:{}: {}", line_of(text, why), why.happened);
            }
            Verdict::Failed(failures) => {
                let bad = failures.iter().any(|f| f.bad_input);
                *(if bad { &mut counts.bad } else { &mut counts.failed }) += 1;
                let _ = writeln!(out, "{}  {name}", if bad { "BAD   " } else { "FAILED" });
                for failure in failures {
                    describe(out, &name, text, failure);
                }
            }
        }
        let Some((world, log)) = &report.run else { return };
        if self.jsonl {
            out.push_str(&trace::jsonl(log, world));
        }
        if self.netstat {
            for host in world.hosts() {
                out.push_str(&netstat(world, host));
            }
        }
        *packets = Some(trace::pcapng(log, world));
    }
}

fn folder(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            folder(&entry, files)?;
        } else if entry.extension().is_some_and(|e| e == "pkt") {
            files.push(entry);
        }
    }
    Ok(())
}

fn line_of(text: &str, failure: &Failure) -> usize {
    text[..failure.span.start.min(text.len())].matches('\n').count() + 1
}

fn describe(out: &mut String, name: &str, text: &str, failure: &Failure) {
    let number = line_of(text, failure);
    let line = text.lines().nth(number - 1).unwrap_or("");
    let _ = writeln!(out, "  {name}:{number}: {}", line.trim());
    if !failure.expected.is_empty() {
        let _ = writeln!(out, "    expected: {}", failure.expected);
    }
    let _ = writeln!(
        out,
        "    {} {}",
        if failure.bad_input { "error:   " } else { "happened:" },
        failure.happened
    );
}
