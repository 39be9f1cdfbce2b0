//! The list itself: docs/requirements.toml.

use crate::entry::{self, Status};
use serde::Deserialize;
use std::fmt;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    pub(crate) section: Vec<Section>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) title: String,
    /// Where its requirements come from.
    pub(crate) about: String,
    pub(crate) requirement: Vec<Requirement>,
}

/// The file's own head explains the fields.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirement {
    pub(crate) id: String,
    pub(crate) rfc: Option<String>,
    pub(crate) at: Vec<String>,
    pub(crate) level: Level,
    pub(crate) text: String,
    pub(crate) profile: Option<String>,
    #[serde(default)]
    pub(crate) tests: Vec<String>,
    pub(crate) mutation: Option<String>,
    na: Option<String>,
    later: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug)]
pub(crate) enum Level {
    #[serde(rename = "MUST")]
    Must,
    #[serde(rename = "SHOULD")]
    Should,
    #[serde(rename = "MAY")]
    May,
    #[serde(rename = "REC")]
    Recommended,
    #[serde(rename = "behaviour")]
    Behaviour,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
            Self::Recommended => "REC",
            Self::Behaviour => "behaviour",
        })
    }
}

impl Requirement {
    /// None if it has not exactly one of them.
    pub(crate) fn status(&self) -> Option<Status<'_>> {
        entry::status(&self.tests, self.na.as_deref(), self.later.as_deref())
    }
}
