//! Random streams. Each has a name and its own state, drawn from the world's seed and the name alone: a draw
//! added to one shifts no other.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;

/// One named random stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream(Pcg32);

impl Stream {
    /// The stream of that name in the world of that seed.
    #[must_use]
    pub fn new(seed: u64, name: &str) -> Self {
        Self(Pcg32::from_seed(key(seed, name)))
    }

    /// A number below `n`; 0 if `n` is 0. Its bias is below 2^-32.
    pub fn below(&mut self, n: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()) * u64::from(n);
        u32::try_from(wide >> 32).unwrap_or(0)
    }
}

/// Sixteen bytes that depend on the seed and the name.
#[must_use]
pub fn key(seed: u64, name: &str) -> [u8; 16] {
    let mut hasher = SipHasher24::new_with_keys(seed, 0);
    hasher.write(name.as_bytes());
    hasher.finish128().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_its_seed_and_name_alone() {
        let draw = |seed, name| Stream::new(seed, name).below(u32::MAX);
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
    }

    #[test]
    fn draws_stay_below_their_bound_and_reach_every_value() {
        let mut stream = Stream::new(7, "dice");
        let mut seen = [0; 6];
        for _ in 0..600 {
            seen[stream.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| n > 50), "{seen:?}");
        assert_eq!(stream.below(0), 0);
    }
}
