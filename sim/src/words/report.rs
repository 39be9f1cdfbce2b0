//! A word that failed, for people: what was expected and what happened, the trace behind it, the rulings that
//! decide there.

use super::{Difference, Player, Word, explain};
use crate::trace::{Entry, Log, What, describe_call, describe_result};
use closewait::packet::Segment;
use closewait::profile::Profile;
use std::fmt::Write;

/// Inputs before the difference that are shown.
const BEFORE: usize = 20;
/// Explanations that are shown.
const EXPLANATIONS: usize = 4;

/// The word up to its first difference, each input with its output and what happened; nothing if it passes.
#[must_use]
pub fn report(word: &Word, profile: &Profile, seed: u64) -> String {
    let mut log = Log::default();
    let Some(Difference { at, happened }) = Player::new(profile, seed).difference_with(word, &mut log) else {
        return String::new();
    };
    let mut out = String::new();
    let first = at.saturating_sub(BEFORE);
    if first > 0 {
        let _ = writeln!(out, "  … {first} inputs as expected");
    }
    let shown = word.inputs.iter().zip(&word.outputs).enumerate().take(at + 1).skip(first);
    for (i, (input, output)) in shown {
        let _ = writeln!(out, "  {:>3} {input:<18} {output}", i + 1);
        if i == at {
            let _ = writeln!(out, "  {:22} {}", "", "^".repeat(output.to_string().len()));
            let _ = writeln!(out, "      happened:          {happened}");
        }
    }
    out.push_str("  behind it:\n");
    let entries = log.entries().iter().filter(|e| usize::try_from(e.step).is_ok_and(|step| step >= first));
    let mut step = None;
    for entry in entries {
        if let Some(line) = line(entry) {
            let mark = if step == Some(entry.step) { String::new() } else { (entry.step + 1).to_string() };
            step = Some(entry.step);
            let _ = writeln!(out, "  {mark:>3} {line}");
        }
    }
    out.push_str(&rulings(word, at, profile, seed));
    out
}

fn rulings(word: &Word, at: usize, profile: &Profile, seed: u64) -> String {
    let explanations = explain(word, at, profile, seed);
    if explanations.is_empty() {
        return "  rulings that decide here: no one ruling, and no two, bring what is expected\n".into();
    }
    let mut out = String::from("  rulings that decide here:\n");
    for explanation in explanations.iter().take(EXPLANATIONS) {
        let _ = writeln!(out, "      {explanation}");
    }
    if explanations.len() > EXPLANATIONS {
        let _ = writeln!(out, "      and {} more", explanations.len() - EXPLANATIONS);
    }
    out
}

/// An entry in a line; none for what says nothing to people.
fn line(entry: &Entry) -> Option<String> {
    Some(match &entry.what {
        What::Call { call, .. } => describe_call(call),
        What::Blocked { .. } => "  blocks".into(),
        What::Returned { returned, blocked, .. } => {
            let late = if *blocked { "the blocked call returns" } else { " " };
            format!("{late} = {} | {}", describe_result(&returned.result), returned.rule)
        }
        What::Received { packet } => format!("  < {}", segment(&packet.segment)),
        What::Sent { packet, rule, .. } => format!("  > {} | {rule}", segment(&packet.segment)),
        What::Dropped { rule, .. } => format!("  dropped | {rule}"),
        What::State { from, to, rule, .. } => format!("  {from} -> {to} | {rule}"),
        What::Timer { rule, .. } => format!("  timer | {rule}"),
        What::Notified { .. }
        | What::SentMessage { .. }
        | What::ReceivedMessage { .. }
        | What::Undecodable { .. }
        | What::ProcessEnded { .. }
        | What::ThreadEnded { .. }
        | What::Told(_)
        | What::Crashed
        | What::NetworkFailed
        | What::NetworkRestored
        | What::LinkCut { .. }
        | What::LinkHealed { .. }
        | What::Net { .. } => return None,
    })
}

fn segment(segment: &Segment) -> String {
    let Segment { seq, ack, flags, .. } = segment;
    format!("{flags} seq {seq:?} ack {ack:?} len {}", segment.text_len())
}
