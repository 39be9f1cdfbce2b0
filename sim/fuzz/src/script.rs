//! A scenario of any bytes: it is refused with a diagnostic that can be shown, or it runs, ends, and can be told.

use closewait::profile::Profile;
use closewait_sim::netstat::netstat;
use closewait_sim::script::ast::Span;
use closewait_sim::script::{Options, Report, Verdict, diagnostic, parse, run_within};
use closewait_sim::trace;

/// Events of one run: enough to get anywhere, and little enough to try much.
const EVENTS: u64 = 20_000;

/// Panics if a run, a diagnostic or a view of the run does, or a place is outside of the text.
pub fn judge(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(parse::parse_bytes(bytes).is_err(), "bytes that are no text are no scenario");
        return;
    };
    match run_within(text, &options(bytes), EVENTS) {
        Ok(report) => told(&report, text),
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty(), "what is refused has a reason");
            diagnostics.iter().for_each(|diagnostic| inside(diagnostic.span, text));
            let said = diagnostic::render_all(&diagnostics, "fuzz.pkt", text);
            assert!(said.starts_with("fuzz.pkt:"), "{said}");
        }
    }
}

/// Every combination of options comes up for some length, and every length has one.
fn options(bytes: &[u8]) -> Options {
    let n = bytes.len();
    let profile = Profile::ALL[n % Profile::ALL.len()].clone();
    Options { profile, seed: Some(1), lenient: n & 4 != 0, strict: n & 8 != 0 }
}

/// Panics if a place is none in the text.
pub fn inside(span: Span, text: &str) {
    assert!(text.get(span.start..span.end).is_some(), "{span:?} is no part of the text");
}

fn told(report: &Report, text: &str) {
    match &report.verdict {
        Verdict::Passed => {}
        Verdict::Failed(failures) => failures.iter().for_each(|failure| inside(failure.span, text)),
        Verdict::Skipped(why) => inside(why.span, text),
    }
    let Some((world, log)) = &report.run else { return };
    world.assert_invariants();
    let lines = trace::jsonl(log, world);
    assert!(lines.is_empty() || lines.ends_with('\n'));
    assert!(!trace::pcapng(log, world).is_empty());
    for host in world.hosts() {
        let _ = netstat(world, host);
    }
}
