//! The form of a machine in mid-word, for exploration: the host's [`Abstract`] form, and what the tester knows, relative
//! to the connection at hand.
//!
//! What it loses beside what [`Abstract`] loses: the numbers of earlier connections are all *foreign* to this one, and
//! what numbers will be drawn next.

use super::machine::Role;
use closewait::form::Abstract;
use closewait::packet::Flags;
use closewait::seq::Seq;
use std::collections::BTreeSet;

/// Machines of one form are taken for one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Form {
    pub(super) host: Abstract,
    pub(super) role: Role,
    /// Whether there is a main socket, and whether a connection socket.
    pub(super) sockets: (bool, bool),
    /// Whether a call is outstanding, and whether on the main socket.
    pub(super) blocked: Option<bool>,
    /// Of the two threads, the one that waits is the older.
    pub(super) helper_first: bool,
    pub(super) known: Known,
}

/// What the tester knows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Known {
    pub(super) mine: Place,
    pub(super) sut: Place,
    pub(super) last_mine: Place,
    /// What counts once only and may come again: from SND.UNA on.
    pub(super) seen: BTreeSet<(Flags, Place, Option<Place>)>,
}

/// Where a number lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Place {
    Unset,
    Zero,
    /// So far from the connection's own.
    Near(i32),
    /// None of this connection's.
    Foreign,
}

/// Fresh numbers lie farther away than this.
const NEAR: u32 = 1 << 16;

impl Place {
    pub(super) fn of(n: Option<Seq>, origin: Option<Seq>) -> Self {
        match (n, origin) {
            (None, _) => Self::Unset,
            (Some(Seq(0)), _) => Self::Zero,
            (Some(n), Some(origin)) if (n - origin).min(origin - n) < NEAR => {
                Self::Near((n - origin).cast_signed())
            }
            (Some(_), _) => Self::Foreign,
        }
    }
}
