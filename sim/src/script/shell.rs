//! Shell lines and embedded code of packetdrill scripts. Nothing is ever run: a sysctl that maps to a field of the
//! profile sets it, a query of a connection's state becomes a check, anything else is skipped and counted.

use super::lanes::state_named;
use closewait::profile::{Offer, Profile, RstInTimeWait, RstInWindow, SynInWindow, WindowScaling};
use closewait::tcp::StateName;
use closewait::time::Duration;

/// What a shell line or embedded code asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// So many connections (or listeners) are in this state; none: at least one.
    State(StateName, Option<usize>),
    /// The script's own connection is in this state.
    Own(StateName),
    /// Nothing that is modelled.
    Unknown,
}

/// `sysctl -w net.inet.tcp.msl=30000`, `set_sysctls.py /proc/sys/net/ipv4/tcp_syn_retries=1`: sets the fields that
/// the variables of a line's commands correspond to; false if there are none.
pub(super) fn set(profile: &mut Profile, text: &str) -> bool {
    let commands = text.split(['\n', ';', '&', '|']).map(str::split_whitespace);
    let settings = commands.filter_map(|mut words| {
        let command = words.next()?;
        (command == "sysctl" || command.ends_with("set_sysctls.py")).then_some(words)
    });
    let settings = settings.flatten().filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        let name = name.strip_prefix("/proc/sys/").unwrap_or(name).replace('/', ".");
        Some((name, value.trim_matches(['"', '\'']).parse().ok()?))
    });
    settings.fold(false, |any, (name, value)| set_variable(profile, &name, value) || any)
}

/// Sets what a kernel's variable corresponds to; false if there is nothing.
fn set_variable(profile: &mut Profile, name: &str, value: u64) -> bool {
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
        "net.inet.tcp.rfc1323" => {
            profile.window_scaling = if value == 0 { WindowScaling::Off } else { WindowScaling::ForBuffer };
            profile.timestamps = if value == 0 { Offer::No } else { Offer::Yes };
        }
        "net.ipv4.tcp_window_scaling" => {
            profile.window_scaling = if value == 0 { WindowScaling::Off } else { WindowScaling::ForBuffer };
        }
        "net.ipv4.tcp_timestamps" => profile.timestamps = if value == 0 { Offer::No } else { Offer::Yes },
        "net.inet.tcp.sack.enable" | "net.ipv4.tcp_sack" => {
            profile.sack = if value == 0 { Offer::No } else { Offer::Yes };
        }
        "net.inet.tcp.insecure_rst" => {
            profile.rst_in_window = if value == 0 { RstInWindow::ChallengeAck } else { RstInWindow::Resets };
        }
        "net.inet.tcp.insecure_syn" => {
            profile.syn_in_window = if value == 0 { SynInWindow::ChallengeAck } else { SynInWindow::Resets };
        }
        "net.inet.tcp.delayed_ack" => {
            let windows = Profile::WINDOWS.delayed_ack.segments;
            profile.delayed_ack.segments = if value == 0 { 1 } else { windows };
        }
        "net.inet.tcp.delacktime" => profile.delayed_ack.time = Duration::from_millis(value),
        "net.ipv4.tcp_keepalive_time" => profile.keep_alive.idle = Duration::from_secs(value),
        "net.ipv4.tcp_keepalive_intvl" => profile.keep_alive.interval = Duration::from_secs(value),
        "net.inet.tcp.keepidle" => profile.keep_alive.idle = Duration::from_millis(value),
        "net.inet.tcp.keepintvl" => profile.keep_alive.interval = Duration::from_millis(value),
        "net.ipv4.tcp_keepalive_probes" | "net.inet.tcp.keepcnt" => profile.keep_alive.probes = count.max(1),
        "net.ipv4.tcp_fin_timeout" => profile.fin_wait_2 = Some(Duration::from_secs(value)),
        "net.ipv4.tcp_rfc1337" => {
            profile.rst_in_time_wait =
                if value == 0 { RstInTimeWait::Closes } else { RstInTimeWait::Ignored };
        }
        "net.ipv4.tcp_syn_retries" => profile.syn_max_r2.retransmissions = Some(count),
        "net.ipv4.tcp_retries2" => profile.data_max_r2.retransmissions = Some(count),
        _ => return false,
    }
    true
}

/// What a shell line asks.
pub(super) fn meaning(text: &str) -> Meaning {
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
    fn a_variable_sets_its_field() {
        let mut profile = Profile::RFC9293;
        assert!(set(&mut profile, "sysctl -w net.inet.tcp.msl=15000"));
        assert_eq!(profile.time_wait, Duration::from_secs(30), "twice the MSL");
        assert!(set(&mut profile, "sysctl -q net.ipv4.tcp_fin_timeout=7 net.inet.tcp.insecure_rst=1;"));
        assert_eq!(profile.fin_wait_2, Some(Duration::from_secs(7)));
        assert_eq!(profile.rst_in_window, RstInWindow::Resets);
        assert!(set(&mut profile, "sysctl -w net.inet.tcp.delayed_ack=0 net.inet.tcp.delacktime=40"));
        assert_eq!((profile.delayed_ack.segments, profile.delayed_ack.time), (1, Duration::from_millis(40)));
        assert!(set(&mut profile, "sysctl -w net.inet.tcp.keepidle=3000 net.ipv4.tcp_keepalive_intvl=7"));
        assert!(set(&mut profile, "sysctl -w net.inet.tcp.keepcnt=4"));
        let keep_alive = profile.keep_alive;
        assert_eq!((keep_alive.idle, keep_alive.probes), (Duration::from_secs(3), 4));
        assert_eq!(keep_alive.interval, Duration::from_secs(7));
        let before = profile.clone();
        for text in ["sysctl -w net.inet.tcp.blackhole=0", "echo net.inet.tcp.msl=1", "sysctl -a"] {
            assert!(!set(&mut profile, text), "{text}");
        }
        assert_eq!(profile, before);
    }

    #[test]
    fn lines_are_understood_and_never_run() {
        for (text, meant) in [
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
