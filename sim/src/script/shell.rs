//! Shell lines and embedded code of packetdrill scripts. Nothing is ever run: a sysctl that maps to a field of the
//! profile sets it, a query of a connection's state becomes a check, anything else is skipped and counted.

use super::ast::{Event, Script};
use super::lanes::state_named;
use closewait::profile::Profile;
use closewait::tcp::StateName;
use closewait::time::Duration;

/// What a shell line or embedded code amounts to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// It was a setting, and the profile has it already.
    Setting,
    /// So many connections (or listeners) are in this state; none: at least one.
    State(StateName, Option<usize>),
    /// The script's own connection is in this state.
    Own(StateName),
    /// Nothing that is modelled.
    Unknown,
}

/// `sysctl -w net.inet.tcp.msl=30000`: the field it sets, if there is one. The last of a script counts.
pub(super) fn settings(script: &Script, profile: &mut Profile) {
    for line in &script.lines {
        if let Event::Shell(shell) = &line.event {
            for (name, value) in assignments(&shell.value) {
                set(profile, name, value);
            }
        }
    }
}

fn assignments(text: &str) -> impl Iterator<Item = (&str, u64)> {
    let sysctl = text.trim_start().starts_with("sysctl");
    let words = text.split_whitespace().filter(move |_| sysctl);
    words.filter_map(|word| {
        let (name, value) = word.trim_end_matches(';').split_once('=')?;
        Some((name, value.parse().ok()?))
    })
}

/// Sets what a kernel's variable corresponds to; false if there is nothing.
fn set(profile: &mut Profile, name: &str, value: u64) -> bool {
    let millis = Duration::from_millis(value);
    let bytes = u32::try_from(value).unwrap_or(u32::MAX);
    let count = u8::try_from(value).unwrap_or(u8::MAX);
    match name {
        "net.inet.tcp.rexmit_initial" => profile.initial_rto = millis,
        "net.inet.tcp.rexmit_min" => profile.min_rto = millis,
        "net.inet.tcp.msl" => profile.time_wait = millis + millis,
        "net.inet.tcp.finwait2_timeout" => profile.fin_wait_2 = Some(millis),
        "net.inet.tcp.recvspace" => profile.receive_buffer = bytes,
        "net.inet.tcp.sendspace" => profile.send_buffer = bytes,
        "net.ipv4.tcp_fin_timeout" => profile.fin_wait_2 = Some(Duration::from_secs(value)),
        "net.ipv4.tcp_syn_retries" => profile.syn_max_r2.retransmissions = Some(count),
        "net.ipv4.tcp_retries2" => profile.data_max_r2.retransmissions = Some(count),
        _ => return false,
    }
    true
}

/// What a shell line amounts to.
pub(super) fn meaning(text: &str) -> Meaning {
    let mut any = false;
    for (name, value) in assignments(text) {
        any |= set(&mut Profile::default(), name, value);
    }
    if any {
        return Meaning::Setting;
    }
    if !text.contains("sockstat") && !text.contains("ss ") && !text.contains("netstat") {
        return Meaning::Unknown;
    }
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || "|'\"".contains(c)).collect();
    let state = words.iter().find_map(|word| {
        let dashed = word.replace('-', "_");
        let plain = word.len() > 3 && !word.starts_with('-');
        if plain { state_named(&dashed) } else { None }
    });
    // `… | grep -c STATE | grep 1`, `… | wc -l | grep 1`
    let count = words.windows(2).filter(|w| w[0] == "grep").filter_map(|w| w[1].parse().ok()).next_back();
    match state {
        Some(state) => Meaning::State(state, count),
        None => Meaning::Unknown,
    }
}

/// `assert tcpi_state == TCP_ESTABLISHED`, and nothing else.
pub(super) fn code(text: &str) -> Meaning {
    let mut statements = text.lines().flat_map(|l| l.split(';')).map(str::trim).filter(|s| !s.is_empty());
    let (Some(only), None) = (statements.next(), statements.next()) else { return Meaning::Unknown };
    let Some(rest) = only.strip_prefix("assert") else { return Meaning::Unknown };
    let rest = rest.trim().trim_matches(['(', ')']);
    let state = rest.split_once("==").filter(|(left, _)| left.trim() == "tcpi_state");
    let name = state.map(|(_, right)| right.split(',').next().unwrap_or("").trim());
    name.and_then(state_named).map_or(Meaning::Unknown, Meaning::Own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_understood_and_never_run() {
        for (text, meant) in [
            ("sysctl -w net.inet.tcp.msl=15000", Meaning::Setting),
            ("sysctl -w net.inet.tcp.blackhole=0", Meaning::Unknown),
            ("rm -rf /", Meaning::Unknown),
            (
                "sockstat -4 -P tcp -s | grep x | grep -c TIME_WAIT | grep 1",
                Meaning::State(StateName::TimeWait, Some(1)),
            ),
            ("sockstat -4 -s | grep FIN_WAIT_2", Meaning::State(StateName::FinWait2, None)),
            ("ss -tn state fin-wait-1 | wc -l | grep 2", Meaning::State(StateName::FinWait1, Some(2))),
        ] {
            assert_eq!(meaning(text), meant, "{text}");
        }
        assert_eq!(code(" assert tcpi_state == TCP_CLOSE_WAIT "), Meaning::Own(StateName::CloseWait));
        assert_eq!(code("assert tcpi_rto == 3"), Meaning::Unknown);
        assert_eq!(code("import os"), Meaning::Unknown);
    }
}
