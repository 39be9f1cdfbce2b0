//! Headers: everything that makes the world what it was before the first line.

use super::{Heading, Inexpressible};
use crate::link::{LinkConfig, Probability};
use crate::trace::{Log, What};
use crate::world::{Addresses, HostId, MTU, World};
use closewait::addr::IpAddr;
use closewait::profile::Profile;
use closewait::time::Duration;
use closewait::winsock::Value;
use std::collections::BTreeSet;
use std::fmt::Write;

pub(super) fn headers(
    log: &Log,
    world: &World,
    heading: &Heading<'_>,
    v6: bool,
) -> Result<String, Inexpressible> {
    let mut out = format!("--seed={}\n", heading.seed);
    if v6 {
        out += "--ip_version=ipv6\n";
    }
    let Heading { before, wire, .. } = heading;
    let changed = profiles(before, *wire, &mut out)?;
    if wire.is_some() {
        return Ok(out);
    }
    for id in world.hosts() {
        let profile = before.host(id).stack().profile();
        let own = if changed == Some(profile) { String::new() } else { format!(",profile={}", profile.name) };
        let handles = if reuses_handles(log, before, id) { ",handles=lowest" } else { "" };
        let _ = writeln!(out, "--host={}{own}{}{handles}", world.name(id), address(before, id)?);
    }
    for (link, [a, b]) in before.links() {
        let fields = link_fields(&before.link(link));
        let _ = writeln!(out, "--link={},{}{fields}", world.name(a), world.name(b));
    }
    if world.hosts().count() == 2 && before.links().next().is_none() {
        return Err(Inexpressible("two hosts without a link".into()));
    }
    Ok(out)
}

/// `,ip=10.1.2.3` for a host with another address than the world gives by itself.
fn address(before: &World, id: HostId) -> Result<String, Inexpressible> {
    let usual = Addresses::of_host(id.index());
    let (v4, v6) = (before.address(id), before.address_v6(id));
    match (v4 == IpAddr::V4(usual.v4), v6 == IpAddr::V6(usual.v6)) {
        (true, true) => Ok(String::new()),
        (false, true) => Ok(format!(",ip={v4}")),
        (true, false) => Ok(format!(",ip={v6}")),
        (false, false) => Err(Inexpressible("a host with two addresses of its own".into())),
    }
}

/// Whether a process of the host was given the same handle twice. If not, it may be given the lowest or new ones.
fn reuses_handles(log: &Log, before: &World, id: HostId) -> bool {
    let mut given = BTreeSet::new();
    log.entries().iter().filter(|entry| entry.host == Some(id)).any(|entry| {
        let What::Returned { thread, returned, .. } = &entry.what else { return false };
        let process = before.host(id).winsock().process_of(*thread);
        match &returned.result {
            Ok(Value::Handle(s) | Value::Accepted(s, _)) => !given.insert((process, *s)),
            Ok(_) | Err(_) => false,
        }
    })
}

/// The file's profile with its `--set` lines, if some host has a profile that is not quite one of those with a name.
fn profiles<'a>(
    before: &'a World,
    wire: Option<HostId>,
    out: &mut String,
) -> Result<Option<&'a Profile>, Inexpressible> {
    let mut changed: Option<&Profile> = None;
    for id in before.hosts().filter(|&id| wire != Some(id)) {
        let profile = before.host(id).stack().profile();
        let base = Profile::by_name(profile.name)
            .ok_or_else(|| Inexpressible(format!("the profile {} has no fixed fields", profile.name)))?;
        if base == profile && wire.is_none() {
            continue;
        }
        if changed.is_some_and(|other| other != profile) {
            return Err(Inexpressible("two hosts whose profiles were changed differently".into()));
        }
        if changed.is_none() {
            let _ = writeln!(out, "--profile={}", profile.name);
            *out += &sets(base, profile)?;
            changed = Some(profile);
        }
    }
    Ok(changed)
}

/// `--set=FIELD=VALUE` for each field that is not the base's.
fn sets(base: &Profile, profile: &Profile) -> Result<String, Inexpressible> {
    let mut out = String::new();
    let mut made = base.clone();
    let mut time = |name: &str, is: Duration, made: &mut Duration| {
        if is != *made {
            let _ = writeln!(out, "--set={name}={}", length(is));
            *made = is;
        }
    };
    time("time_wait", profile.time_wait, &mut made.time_wait);
    time("initial_rto", profile.initial_rto, &mut made.initial_rto);
    time("min_rto", profile.min_rto, &mut made.min_rto);
    time("max_rto", profile.max_rto, &mut made.max_rto);
    if let (Some(is), made) = (profile.fin_wait_2, made.fin_wait_2.get_or_insert(Duration::ZERO)) {
        time("fin_wait_2", is, made);
    }
    for (name, is, made) in [
        ("send_buffer", profile.send_buffer, &mut made.send_buffer),
        ("receive_buffer", profile.receive_buffer, &mut made.receive_buffer),
    ] {
        if is != *made {
            let _ = writeln!(out, "--set={name}={is}");
            *made = is;
        }
    }
    made.fin_wait_2 = profile.fin_wait_2.and(made.fin_wait_2);
    if made == *profile && (profile.fin_wait_2.is_some() || base.fin_wait_2.is_none()) {
        return Ok(out);
    }
    Err(Inexpressible(format!("a profile {} with fields that --set does not know", profile.name)))
}

/// `,delay=10ms`, and what else is not as in [`LinkConfig::IDEAL`].
fn link_fields(config: &LinkConfig) -> String {
    let LinkConfig { delay, jitter, rate, queue, loss, reorder, duplicate, corrupt, mtu } = *config;
    let mut out = format!(",delay={}", length(delay));
    if jitter > Duration::ZERO {
        let _ = write!(out, ",jitter={}", length(jitter));
    }
    if let Some(rate) = rate {
        let _ = write!(out, ",rate={rate}bit");
    }
    if let Some(queue) = queue {
        let _ = write!(out, ",queue={queue}");
    }
    for (name, probability) in
        [("loss", loss), ("reorder", reorder), ("dup", duplicate), ("corrupt", corrupt)]
    {
        if probability > Probability::NEVER {
            let _ = write!(out, ",{name}={}", percent(probability));
        }
    }
    if mtu != MTU {
        let _ = write!(out, ",mtu={mtu}");
    }
    out
}

/// `10%`, `0.0001%`. A probability tells its number by comparison alone.
fn percent(probability: Probability) -> String {
    let (mut low, mut high) = (0, 1_000_000);
    while low < high {
        let middle = u32::midpoint(low, high);
        if Probability::per_million(middle).is_some_and(|p| p < probability) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let text = format!("{}.{:04}", low / 10_000, low % 10_000);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A length of time in the largest unit in which it is whole.
pub(crate) fn length(time: Duration) -> String {
    let nanos = time.as_nanos();
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    let unit = units.into_iter().find(|(unit, _)| nanos > 0 && nanos.is_multiple_of(*unit));
    let (unit, name) = unit.unwrap_or((1, "ns"));
    format!("{}{name}", nanos / unit)
}
