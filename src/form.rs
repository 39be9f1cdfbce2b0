//! Canonical forms: what a machine is, apart from when it began, from the numbers that it drew and from the names of
//! its parts. Two machines of one form can be told apart by nothing that they do.
//!
//! A form is a list of named fields. Each layer writes its own (`tcp/form.rs`, `stack/form.rs`, `winsock/form.rs`),
//! taking every struct apart by name, so that a new field breaks the build until somebody has said what it means here.
//!
//! | | [`Exact`] | [`Abstract`] |
//! |---|---|---|
//! | made for | equal forms have equal futures | exploration: few forms, and those finite in number |
//! | times | relative to now | whether a timer runs |
//! | sequence numbers | relative to the connection's [origins] | the same, long distances by class |
//! | connections, listeners, sockets, threads, handles | by their order | by their order |
//! | text | its octets | how many, by class |
//! | round-trip times, congestion control | all of it | the window in segments, up to eight; slow start or not |
//! | counters, queues, windows | all of it | by class: below 16 the number itself, then 16, 32, 64 … |
//! | last errors of threads | all of them | lost |
//! | which slot or handle comes next | all of it | lost |
//!
//! So two machines of one abstract form may differ in when a timer fires and in which of two fires first, in what the
//! next text is, and in when a long queue, a window or a count comes to its end. No form has what only reports tell:
//! who made a socket and when, since when a call waits; nor how long a connection has lasted, for which only
//! SO_CONNECT_TIME asks. Initial sequence numbers, those said beforehand among them,
//! and the clocks of timestamps are drawn, not kept: a form does not have the next. What was said and not yet polled
//! is counted only, so poll first. The end of time is no part of any future.
//!
//! [origins]: crate::host::Host::origins

use crate::addr::Endpoint;
use crate::profile::Profile;
use crate::seq::Seq;
use crate::time::{Duration, Instant};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

/// Equal forms have equal futures: the same events, at the same times from now, with numbers relative to the origins
/// of each connection, bring the same outputs.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Exact(Fields);

/// A form for exploration. What it loses is in the table of this module.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Abstract(Fields);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Fields {
    profile: Arc<Profile>,
    fields: Vec<(&'static str, Value)>,
}

/// What a field holds.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    /// Nothing is there, or it never comes.
    No,
    Number(i128),
    Name(&'static str),
    Text(Bytes),
    Endpoint(Endpoint),
}

macro_rules! numbers {
    ($($of:ty)*) => {
        $(impl From<$of> for Value {
            fn from(n: $of) -> Self {
                Self::Number(i128::from(n))
            }
        })*
    };
}

numbers!(bool u8 u16 u32 u64 i32 i64);

impl From<Duration> for Value {
    fn from(d: Duration) -> Self {
        d.as_nanos().into()
    }
}

impl From<&'static str> for Value {
    fn from(name: &'static str) -> Self {
        Self::Name(name)
    }
}

impl From<Endpoint> for Value {
    fn from(end: Endpoint) -> Self {
        Self::Endpoint(end)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::No, Into::into)
    }
}

/// Things that are known by the order in which the writer meets them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    Connection,
    Listener,
    Binding,
    User,
    Thread,
    Event,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exact,
    Abstract,
}

/// Writes a form.
pub(crate) struct Writer {
    kind: Kind,
    pub(crate) now: Instant,
    pub(crate) profile: Arc<Profile>,
    /// Of the connection that is being written: one of this end's numbers, one of the peer's.
    origins: (Seq, Seq),
    known: BTreeMap<(Thing, u32), u32>,
    fields: Vec<(&'static str, Value)>,
}

/// A length or a count by class: below 16 itself, then the power of two below it.
const fn class(n: u64) -> u64 {
    if n < 16 { n } else { 1 << n.ilog2() }
}

impl Writer {
    pub(crate) fn exact(now: Instant, profile: Arc<Profile>) -> Self {
        Self::new(Kind::Exact, now, profile)
    }

    pub(crate) fn abstracted(now: Instant, profile: Arc<Profile>) -> Self {
        Self::new(Kind::Abstract, now, profile)
    }

    fn new(kind: Kind, now: Instant, profile: Arc<Profile>) -> Self {
        let origins = (Seq(0), Seq(0));
        Self { kind, now, profile, origins, known: BTreeMap::new(), fields: Vec::new() }
    }

    pub(crate) fn into_exact(self) -> Exact {
        Exact(Fields { profile: self.profile, fields: self.fields })
    }

    pub(crate) fn into_abstract(self) -> Abstract {
        Abstract(Fields { profile: self.profile, fields: self.fields })
    }

    /// A field of both forms.
    pub(crate) fn put(&mut self, name: &'static str, value: impl Into<Value>) {
        self.fields.push((name, value.into()));
    }

    /// A field that the abstract form loses.
    pub(crate) fn fine(&mut self, name: &'static str, value: impl Into<Value>) {
        if self.kind == Kind::Exact {
            self.put(name, value);
        }
    }

    /// A field of the abstract form in the place of fine ones.
    pub(crate) fn coarse(&mut self, name: &'static str, value: impl Into<Value>) {
        if self.kind == Kind::Abstract {
            self.put(name, value);
        }
    }

    /// A length or a count.
    pub(crate) fn size(&mut self, name: &'static str, n: u64) {
        self.put(name, if self.kind == Kind::Exact { n } else { class(n) });
    }

    /// How many of something follow.
    pub(crate) fn count(&mut self, name: &'static str, n: usize) {
        self.put(name, u64::try_from(n).unwrap_or(u64::MAX));
    }

    /// Octets.
    pub(crate) fn text(&mut self, name: &'static str, text: Bytes) {
        match self.kind {
            Kind::Exact => self.put(name, Value::Text(text)),
            Kind::Abstract => self.put(name, class(u64::try_from(text.len()).unwrap_or(u64::MAX))),
        }
    }

    /// A point in time, before now or after.
    pub(crate) fn at(&mut self, name: &'static str, at: Instant) {
        if self.kind == Kind::Exact {
            let nanos = i128::from(at.as_nanos()) - i128::from(self.now.as_nanos());
            self.put(name, if at == Instant::END { Value::No } else { Value::Number(nanos) });
        }
    }

    /// What the numbers of the connection that follows are relative to.
    pub(crate) fn origins(&mut self, (ours, theirs): (Seq, Seq)) {
        self.origins = (ours, theirs);
    }

    /// One of this end's sequence numbers.
    pub(crate) fn ours(&mut self, name: &'static str, n: Seq) {
        self.distance(name, n - self.origins.0);
    }

    /// One of the peer's sequence numbers.
    pub(crate) fn theirs(&mut self, name: &'static str, n: Seq) {
        self.distance(name, n - self.origins.1);
    }

    fn distance(&mut self, name: &'static str, far: u32) {
        let far = i64::from(far.cast_signed());
        let class = i64::try_from(class(far.unsigned_abs())).unwrap_or(i64::MAX) * far.signum();
        self.put(name, if self.kind == Kind::Exact { far } else { class });
    }

    /// From now on this thing is known, by the next number of its kind. True if it was not before.
    pub(crate) fn meet(&mut self, thing: Thing, id: u32) -> bool {
        let next = self.known.keys().filter(|(other, _)| *other == thing).count();
        let next = u32::try_from(next).unwrap_or(u32::MAX);
        let new = !self.known.contains_key(&(thing, id));
        self.known.entry((thing, id)).or_insert(next);
        new
    }

    /// A thing by its number; nothing if it was not met.
    pub(crate) fn id(&mut self, name: &'static str, thing: Thing, id: u32) {
        let number = self.known.get(&(thing, id)).copied();
        self.put(name, number);
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile, fields } = self;
        write!(f, "{}", profile.name)?;
        fields.iter().try_for_each(|(name, value)| write!(f, "\n{name}: {value:?}"))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("-"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Name(name) => f.write_str(name),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Endpoint(end) => write!(f, "{end}"),
        }
    }
}

impl fmt::Debug for Exact {
    /// A line a field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Abstract {
    /// A line a field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
