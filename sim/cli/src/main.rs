//! The `closewait` command: what Winsock's closesocket does, on simulated Windows hosts.

#![forbid(unsafe_code)]

mod args;
mod color;
mod files;
mod output;
mod progress;
mod run;
mod table;
mod words;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What Winsock's closesocket does, on simulated Windows hosts: FIN or RST, TIME_WAIT or not, what the peer's recv
/// gets. Everything runs in virtual time and is the same on every machine.
#[derive(Parser)]
#[command(name = "closewait", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  closewait table                        the linger table as Windows is seen to behave
  closewait table --profile documented   as the closesocket page says
  closewait table --format json          for programs
  closewait run case.pkt                 a scenario
  closewait run case.pkt --format ladder what happened in it, in lanes, with the reasons
  closewait words words.jsonl            what a learned automaton says a host answers

Exit status: 0 all as expected, 1 an expectation failed, 2 bad input.";

#[derive(Subcommand)]
enum Command {
    Table(table::Table),
    Run(run::Run),
    Words(words::Words),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Table(table) => table.run().map(|()| ExitCode::SUCCESS),
        Command::Run(run) => run.run(),
        Command::Words(words) => words.run(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
