//! How large a campaign is: `CLOSEWAIT_CASES` multiplies the number of cases of every property test. Unset, it
//! is 1, and `cargo test` takes minutes; docs/testing.md has the full campaign's command.

/// `default` cases, times the campaign's scale.
#[expect(clippy::disallowed_methods, reason = "the size of a campaign is no part of any run")]
pub(crate) fn cases(default: u32) -> u32 {
    let scale = std::env::var("CLOSEWAIT_CASES").ok();
    let scale: u32 = scale.map_or(1, |n| n.parse().expect("CLOSEWAIT_CASES is a whole number"));
    default.saturating_mul(scale)
}
