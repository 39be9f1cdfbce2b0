//! The pages that say what is tested, each written from its list: `docs/requirements.toml`, `docs/clauses.toml`,
//! `docs/facts.toml`, `docs/rulings.toml`. Each id has the tests that show it, or says why it has none; every test must
//! be there, and the pages must be what the lists say.
//!
//! Each test here names a mutation under which it fails; `tests/mutations-requirements.txt` and
//! `tests/mutations-pages.txt` have them in a form that `.ci/mutations` applies.

#[path = "pages/clauses.rs"]
mod clauses;
#[path = "pages/entry.rs"]
mod entry;
#[path = "pages/facts.rs"]
mod facts;
mod golden;
#[path = "pages/mutations.rs"]
mod mutations;
#[path = "pages/requirements.rs"]
mod requirements;
#[path = "pages/rulings.rs"]
mod rulings;
#[path = "pages/sources.rs"]
mod sources;
