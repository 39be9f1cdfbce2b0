//! Sequence numbers: a circle of 2^32 (RFC 9293 section 3.4).
//!
//! [`Seq`] has no `Ord`: on a circle "less" means "at most half-way round behind". The comparisons are methods,
//! named as the RFC writes them.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// A sequence number, modulo 2^32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Seq(pub u32);

impl Seq {
    /// `self < other` on the circle.
    #[must_use]
    pub const fn lt(self, other: Self) -> bool {
        (self.0.wrapping_sub(other.0)).cast_signed() < 0
    }

    /// `self =< other` on the circle.
    #[must_use]
    pub const fn le(self, other: Self) -> bool {
        !other.lt(self)
    }

    /// `self > other` on the circle.
    #[must_use]
    pub const fn gt(self, other: Self) -> bool {
        other.lt(self)
    }

    /// `self >= other` on the circle.
    #[must_use]
    pub const fn ge(self, other: Self) -> bool {
        !self.lt(other)
    }

    /// Whether `start =< self < start + len`.
    #[must_use]
    pub const fn in_window(self, start: Self, len: u32) -> bool {
        self.0.wrapping_sub(start.0) < len
    }

    /// The later of the two.
    #[must_use]
    pub const fn max(self, other: Self) -> Self {
        if self.lt(other) { other } else { self }
    }
}

impl Add<u32> for Seq {
    type Output = Self;
    fn add(self, n: u32) -> Self {
        Self(self.0.wrapping_add(n))
    }
}

impl AddAssign<u32> for Seq {
    fn add_assign(&mut self, n: u32) {
        *self = *self + n;
    }
}

impl Sub for Seq {
    type Output = u32;
    /// The distance from `other` forward to `self`.
    fn sub(self, other: Self) -> u32 {
        self.0.wrapping_sub(other.0)
    }
}

impl Sub<u32> for Seq {
    type Output = Self;
    fn sub(self, n: u32) -> Self {
        Self(self.0.wrapping_sub(n))
    }
}

impl fmt::Debug for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Seq;

    #[test]
    fn comparison_goes_round_the_circle() {
        assert!(Seq(u32::MAX).lt(Seq(0)));
        assert!(Seq(0).gt(Seq(u32::MAX)));
        assert!(Seq(5).le(Seq(5)) && Seq(5).ge(Seq(5)) && !Seq(5).lt(Seq(5)));
        assert_eq!(Seq(3) - Seq(u32::MAX), 4);
        assert_eq!(Seq(u32::MAX - 1).max(Seq(1)), Seq(1));
    }

    #[test]
    fn a_window_may_straddle_the_wrap() {
        let start = Seq(u32::MAX - 1);
        assert!(start.in_window(start, 1));
        assert!(Seq(1).in_window(start, 4));
        assert!(!Seq(2).in_window(start, 4));
        assert!(!start.in_window(start, 0));
    }
}
