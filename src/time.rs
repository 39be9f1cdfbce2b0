//! Virtual time: nanoseconds since the start of the world, in a `u64`.
//!
//! Nothing in this crate reads a clock; every entry point is told what time it is. Adding past the end of
//! `u64` time (some 584 years) saturates at [`Instant::END`], and a world that reaches it stops with an error.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::ops::{Add, Sub};
use core::str::FromStr;

/// A point in virtual time, in nanoseconds since the start of the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

/// A length of virtual time, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(u64);

impl Instant {
    /// The start of the world.
    pub const START: Self = Self(0);
    /// The end of time. Nothing happens then: a deadline that falls here is never reached.
    pub const END: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// The longest duration: added to any instant it gives [`Instant::END`].
    pub const MAX: Self = Self(u64::MAX);

    /// `nanos` nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// `micros` microseconds (saturating).
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1_000))
    }

    /// `millis` milliseconds (saturating).
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// `secs` seconds (saturating).
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// The length in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The length in whole milliseconds, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// `self` times `factor`, saturating.
    #[must_use]
    pub const fn saturating_mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// The absolute difference between two durations.
    #[must_use]
    pub const fn abs_diff(self, other: Self) -> Self {
        Self(self.0.abs_diff(other.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    /// Saturates at [`Instant::END`].
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(d.0))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, d: Self) -> Self {
        Self(self.0.saturating_add(d.0))
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, d: Self) -> Self {
        Self(self.0.saturating_sub(d.0))
    }
}

impl From<Duration> for core::time::Duration {
    fn from(d: Duration) -> Self {
        Self::from_nanos(d.0)
    }
}

/// A text that is no [`Duration`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a number of ns, us, ms, s or m that is a whole number of nanoseconds below 2^64")]
pub struct ParseDurationError;

impl Duration {
    /// A whole number of the largest unit that makes it one: `30s`, `250500us`. It can be parsed again.
    ///
    /// ```
    /// use closewait::time::Duration;
    /// assert_eq!(Duration::from_micros(1_500).in_units(), "1500us");
    /// assert_eq!("1500us".parse(), Ok(Duration::from_micros(1_500)));
    /// ```
    #[must_use]
    pub fn in_units(self) -> String {
        let nanos = self.as_nanos();
        let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
        let unit = units.into_iter().find(|(unit, _)| nanos > 0 && nanos.is_multiple_of(*unit));
        let (unit, name) = unit.unwrap_or((1, "ns"));
        format!("{}{name}", nanos / unit)
    }
}

impl FromStr for Duration {
    type Err = ParseDurationError;

    /// A decimal number and its unit: `250us`, `1.5s`, `2m`. Nothing is rounded.
    ///
    /// ```
    /// use closewait::time::Duration;
    /// assert_eq!("1.5s".parse(), Ok(Duration::from_millis(1_500)));
    /// assert!("30".parse::<Duration>().is_err() && "0.5ns".parse::<Duration>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        exact_nanos(text).map(Self).ok_or(ParseDurationError)
    }
}

fn exact_nanos(text: &str) -> Option<u64> {
    let units =
        [("ms", 1_000_000_u64), ("us", 1_000), ("ns", 1), ("s", 1_000_000_000), ("m", 60_000_000_000)];
    let (number, unit) = units.into_iter().find_map(|(name, n)| Some((text.strip_suffix(name)?, n)))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let scale = u128::from(10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?);
    let part = fraction.parse::<u128>().ok()? * u128::from(unit);
    if !part.is_multiple_of(scale) {
        return None;
    }
    let part = u64::try_from(part / scale).ok()?;
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(part)
}

impl fmt::Display for Instant {
    /// Seconds with six decimals, and nine where the instant needs them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        if nanos.is_multiple_of(1_000) {
            write!(f, "{secs}.{:06}", nanos / 1_000)
        } else {
            write!(f, "{secs}.{nanos:09}")
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}s")
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&core::time::Duration::from(*self), f)
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_exactly_or_not_at_all() {
        for (text, nanos) in [
            ("0s", 0),
            ("7ns", 7),
            ("250us", 250_000),
            ("0.5ms", 500_000),
            ("1.25s", 1_250_000_000),
            ("2m", 120_000_000_000),
            ("0.0000000010s", 1),
            ("18446744073709551615ns", u64::MAX),
            ("18446744073.709551615s", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        let bad = [
            "",
            "s",
            "30",
            "30 s",
            "-1s",
            "+1s",
            "1.s",
            ".5s",
            "1.5ns",
            "0.0000000001s",
            "1e3s",
            "0x1s",
            "1.2.3s",
            "18446744073709551616ns",
            "18446744073.709551616s",
            "1.00000000000000000000s",
            "30S",
            "1h",
        ];
        for text in bad {
            assert_eq!(text.parse::<Duration>(), Err(ParseDurationError), "{text}");
        }
    }
}
