//! `closewait words`.

use crate::args;
use crate::output::print;
use crate::progress::Progress;
use clap::Args;
use closewait::profile::Profile;
use closewait_sim::words::{self, Player, Word};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Plays abstract-machine words (calls and segments without numbers, as model learning has them) against a host, and
/// compares what it emits with what is expected.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Words {
    /// The words as JSON Lines: {"in": ["LISTEN", "SYN(V,V,0)"], "out": ["TIMEOUT", "ACK+SYN(FRESH,NEXT,0)"]}
    #[arg(value_name = "FILE.jsonl")]
    file: PathBuf,
    /// What the host does where sources disagree: windows, documented, rfc9293, win8-cav2016
    #[arg(long, value_name = "P", default_value = "windows", value_parser = args::profile)]
    profile: &'static Profile,
    /// The seed of every number that is not said
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true)]
    seed: u64,
    /// How many failed words to show
    #[arg(long, value_name = "N", default_value = "3", allow_hyphen_values = true)]
    show: usize,
}

const EXAMPLES: &str = "\
Examples:
  closewait words sim/words/windows8.jsonl --profile win8-cav2016
  closewait words words.jsonl --profile rfc9293 --show 10

Inputs are LISTEN, ACCEPT, CONNECT, RCV, SEND, CLOSE, CLOSECONNECTION, and segments with valid numbers such as
SYN+ACK(V,V,0) or ACK+PSH(V,V,1). An output is TIMEOUT, or a segment whose numbers are NEXT, CURRENT, ZERO or FRESH,
such as ACK+SYN(FRESH,NEXT,0). For each failed word that is shown: the first difference, the trace behind it, and the
rulings which, decided another way, bring what is expected. docs/words.md says more.

Exit status: 0 every word passed, 1 one failed, 2 bad input (a line that is no word is named; the others are played).";

/// Failed words whose rulings are looked for: enough to name them all, few enough not to wait for.
const EXPLAINED: usize = 200;

/// What became of the words.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    malformed: usize,
    explained: usize,
    /// How many failed words need each ruling decided another way.
    rulings: BTreeMap<&'static str, usize>,
}

impl Words {
    pub(crate) fn run(&self) -> Result<ExitCode, String> {
        let bytes = fs::read(&self.file).map_err(|e| format!("cannot read {}: {e}", self.file.display()))?;
        let player = Player::new(self.profile, self.seed);
        let progress = Progress::new(bytes.split(|&b| b == b'\n').count(), "lines");
        let (mut out, mut counts) = (String::new(), Counts::default());
        for line in words::lines(&bytes) {
            let place = format!("{}:{}", self.file.display(), line.number);
            match line.word {
                Ok(word) => self.one(&place, &word, &player, &mut out, &mut counts),
                Err(error) => {
                    counts.malformed += 1;
                    let _ = writeln!(out, "BAD     {place}: {error}");
                }
            }
            progress.done(line.number);
        }
        drop(progress);
        self.summary(&mut out, &counts)?;
        print(&out)?;
        Ok(match (counts.malformed, counts.failed) {
            (1.., _) => ExitCode::from(2),
            (0, 1..) => ExitCode::FAILURE,
            (0, 0) => ExitCode::SUCCESS,
        })
    }

    fn one(&self, place: &str, word: &Word, player: &Player, out: &mut String, counts: &mut Counts) {
        if player.difference(word).is_none() {
            counts.passed += 1;
            return;
        }
        counts.failed += 1;
        if counts.failed <= self.show {
            let _ = writeln!(out, "FAILED  {place}");
            out.push_str(&words::report(word, self.profile, self.seed));
        }
        if counts.failed <= EXPLAINED {
            counts.explained += 1;
            for ruling in words::responsible(word, self.profile, self.seed).unwrap_or(vec!["none"]) {
                *counts.rulings.entry(ruling).or_default() += 1;
            }
        }
    }

    fn summary(&self, out: &mut String, counts: &Counts) -> Result<(), String> {
        let Counts { passed, failed, malformed, explained, ref rulings } = *counts;
        if passed + failed + malformed == 0 {
            return Err(format!("{} has no word in it", self.file.display()));
        }
        if failed > self.show.min(failed) {
            let _ = writeln!(out, "… and {} more failed words (--show)", failed - self.show);
        }
        if failed > 0 {
            let which =
                if failed > explained { format!(" (of the first {explained})") } else { String::new() };
            let _ = writeln!(out, "failed words that need a ruling decided another way{which}:");
            for (ruling, n) in rulings {
                let _ = writeln!(out, "  {ruling:<5} {n}");
            }
        }
        if malformed > 0 {
            let _ = writeln!(out, "{malformed} lines are no words");
        }
        let _ = writeln!(out, "{passed} passed, {failed} failed");
        Ok(())
    }
}
