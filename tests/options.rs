//! Socket options and address reuse: each row of the table does what it says, and what Windows is known to do of them
//! (WF-2.30 to 2.41, WF-9.4 to 9.18, WF-10.15, WF-10.19).
//!
//! Each test names a mutation under which it fails; `tests/mutations-options.txt` has them in a form that
//! `.ci/mutations` applies.

#![expect(clippy::unwrap_used, reason = "the fixture is as much a test as the tests are")]

mod golden;

#[path = "options/ask.rs"]
mod ask;
#[path = "options/effects.rs"]
mod effects;
#[path = "options/inherited.rs"]
mod inherited;
#[path = "options/lengths.rs"]
mod lengths;
#[allow(dead_code, reason = "the fixture of tests/clauses.rs, of which this needs a part")]
#[path = "clauses/look.rs"]
mod look;
#[path = "options/opening.rs"]
mod opening;
#[allow(dead_code, reason = "the fixture of tests/clauses.rs, of which this needs a part")]
#[path = "clauses/pair.rs"]
mod pair;
#[path = "options/reuse.rs"]
mod reuse;
#[path = "options/rows.rs"]
mod rows;
