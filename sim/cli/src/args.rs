//! Arguments with units and names: what is out of range is named, with what would do.

use closewait::profile::Profile;
use closewait::time::Duration;
use closewait_sim::table::Parameters;

/// `10ms`, `0.25s`, `250us`, `0`: a one-way delay.
pub(crate) fn one_way(text: &str) -> Result<Duration, String> {
    let would_do = "a delay from 0 to 10s, such as 25ms, 0.5ms, 250us or 1s, would do";
    let (number, digits) = [("ms", 6), ("us", 3), ("ns", 0), ("s", 9)]
        .into_iter()
        .find_map(|(unit, digits)| Some((text.strip_suffix(unit)?, digits)))
        .or_else(|| (text == "0").then_some((text, 0)))
        .ok_or_else(|| format!("no unit of s, ms, us or ns: {would_do}"))?;
    if number.trim_start().starts_with('-') {
        return Err(format!("negative: {would_do}"));
    }
    let delay = nanos(number, digits).ok_or_else(|| format!("not a number of nanoseconds: {would_do}"))?;
    if delay > Parameters::MAX_ONE_WAY {
        return Err(format!("too long, connect would time out: {would_do}"));
    }
    Ok(delay)
}

/// A decimal number of a unit that is 10^`digits` nanoseconds, if that is a whole number of nanoseconds. What is
/// too long for 64 bits is as long as can be.
fn nanos(number: &str, digits: usize) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > digits {
        return None;
    }
    let number = format!("{whole}{fraction:0<digits$}");
    Some(Duration::from_nanos(number.parse().unwrap_or(u64::MAX)))
}

/// l_linger, in seconds.
pub(crate) fn linger(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "l_linger is an unsigned 16-bit number of seconds: 0 to 65535 would do".into())
}

/// The bytes of one send.
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
    let most = Parameters::MAX_BYTES;
    let bytes = text.parse().ok().filter(|n| (1..=most).contains(n));
    bytes.ok_or_else(|| format!("1 to {most} bytes would do"))
}

/// A profile by its name.
pub(crate) fn profile(text: &str) -> Result<&'static Profile, String> {
    Profile::by_name(text).ok_or_else(|| {
        let names: Vec<_> = Profile::ALL.iter().map(|p| p.name).collect();
        format!("unknown profile: {} would do", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_units_and_bounds() {
        assert_eq!(one_way("25ms"), Ok(Duration::from_millis(25)));
        assert_eq!(one_way("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(one_way("7ns"), Ok(Duration::from_nanos(7)));
        assert_eq!(one_way("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(one_way("0"), Ok(Duration::ZERO));
        assert_eq!(one_way("0.5ms"), Ok(Duration::from_micros(500)));
        assert_eq!(one_way("1.25s"), Ok(Duration::from_millis(1_250)));
        for (bad, why) in [
            ("25", "no unit"),
            ("", "no unit"),
            ("-1ms", "negative"),
            ("1.5ns", "not a number"),
            ("ms", "not a number"),
            (".5ms", "not a number"),
            ("1e3ms", "not a number"),
            ("11s", "too long"),
            ("99999999999999999999s", "too long"),
        ] {
            let said = one_way(bad).expect_err(bad);
            assert!(said.starts_with(why) && said.contains("would do"), "{bad}: {said}");
        }
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(linger("65535"), Ok(65_535));
        assert!(linger("65536").is_err() && linger("-1").is_err() && linger("").is_err());
        assert_eq!(bytes("1"), Ok(1));
        assert!(bytes("0").is_err() && bytes("-5").is_err() && bytes("99999999999").is_err());
        assert_eq!(profile("documented").map(|p| p.name), Ok("documented"));
        assert_eq!(
            profile("winxp"),
            Err("unknown profile: windows, documented, rfc9293, win8-cav2016 would do".into())
        );
    }
}
