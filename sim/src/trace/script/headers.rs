//! Headers: everything that makes the world what it was before the first line.

use super::{Heading, Inexpressible};
use crate::link::{LinkConfig, Probability};
use crate::trace::{Log, What};
use crate::world::{Addresses, HostId, MTU, World};
use closewait::addr::IpAddr;
use closewait::profile::Profile;
use closewait::time::Duration;
use closewait::winsock::Value;
use std::collections::{BTreeMap, BTreeSet};
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
    let named = |id: HostId| before.host(id).stack().profile().name;
    if let Some(machine) = world.hosts().next().filter(|_| wire.is_some()) {
        let _ = writeln!(out, "--profile={}", named(machine));
    }
    sets(before, *wire, &mut out)?;
    if wire.is_some() {
        return Ok(out);
    }
    for id in world.hosts() {
        let (name, profile, address) = (world.name(id), named(id), address(before, id)?);
        let handles = if reuses_handles(log, before, id) { ",handles=lowest" } else { "" };
        let _ = writeln!(out, "--host={name},profile={profile}{address}{handles}");
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

/// The fields that `--set` lines set: on every host, whichever its profile.
fn sets(before: &World, wire: Option<HostId>, out: &mut String) -> Result<(), Inexpressible> {
    let profiles =
        || before.hosts().filter(|&id| wire != Some(id)).map(|id| before.host(id).stack().profile());
    let mut all: BTreeMap<&str, String> = BTreeMap::new();
    for profile in profiles() {
        all.extend(profile.differences(base(profile)?));
    }
    for profile in profiles() {
        let mut made = base(profile)?.clone();
        for (field, value) in &all {
            made.set(field, value).map_err(|error| Inexpressible(error.to_string()))?;
        }
        if made != *profile {
            return Err(Inexpressible("two hosts whose profiles were changed differently".into()));
        }
    }
    for (field, value) in all {
        let _ = writeln!(out, "--set={field}={value}");
    }
    Ok(())
}

/// The profile that has this one's name.
fn base(profile: &Profile) -> Result<&'static Profile, Inexpressible> {
    let unknown = || Inexpressible(format!("the profile {} has no fixed fields", profile.name));
    Profile::by_name(profile.name).ok_or_else(unknown)
}

/// `,delay=10ms`, and what else is not as in [`LinkConfig::IDEAL`].
fn link_fields(config: &LinkConfig) -> String {
    let LinkConfig { delay, jitter, rate, queue, loss, reorder, duplicate, corrupt, mtu } = *config;
    let mut out = format!(",delay={}", delay.in_units());
    if jitter > Duration::ZERO {
        let _ = write!(out, ",jitter={}", jitter.in_units());
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
