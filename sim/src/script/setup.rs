//! Headers: the world that a scenario plays in.

use super::ast::{At, Event, Header, Lane, Line, Script, Span};
use super::calls::Scene;
use super::parse::nearest;
use super::report::{Failure, Options};
use crate::link::{LinkConfig, Probability};
use crate::world::{Addresses as HostAddresses, HostId, Process, Thread, World};
use closewait::addr::{Endpoint, IpAddr, Ipv4Addr};
use closewait::profile::{Profile, SetError};
use closewait::time::Duration;
use closewait::winsock::HandlePolicy;
use std::collections::BTreeMap;

/// A thread of the scenario: host, process, thread.
pub(super) type Key = (String, u32, u32);

/// The world, and who is who in it.
pub(super) struct Stageset {
    pub(super) world: World,
    pub(super) hosts: BTreeMap<String, HostId>,
    pub(super) processes: BTreeMap<(String, u32), Process>,
    pub(super) threads: BTreeMap<Key, Thread>,
    pub(super) keys: BTreeMap<Thread, Key>,
    pub(super) scene: Scene,
    /// Packets that are not mentioned fail.
    pub(super) all_packets: bool,
}

/// What the headers say.
#[derive(Default)]
pub(super) struct Headers {
    hosts: Vec<HostHeader>,
    links: Vec<(String, String, LinkConfig)>,
    pub(super) profile: Option<Profile>,
    pub(super) seed: Option<u64>,
    all_packets: bool,
    pub(super) v6: bool,
    pub(super) tolerance: Option<Duration>,
}

struct HostHeader {
    name: String,
    span: Span,
    /// In place of the address of its family that the world would give.
    ip: Option<IpAddr>,
    profile: Option<Profile>,
    policy: HandlePolicy,
}

fn failure(span: Span, message: impl Into<String>) -> Failure {
    Failure::bad_input(span, message)
}

/// `10%`, `0.5%`
fn probability(text: &str) -> Option<Probability> {
    let (whole, fraction) = text.strip_suffix('%')?.split_once('.').unwrap_or((text.strip_suffix('%')?, ""));
    if fraction.len() > 4 {
        return None;
    }
    Probability::per_million(format!("{whole}{fraction:0<4}").parse().ok()?)
}

/// `10Mbit`, `500kbit`, `1Gbit`, `9600bit`
fn rate(text: &str) -> Option<u64> {
    let units = [("Gbit", 1_000_000_000_u64), ("Mbit", 1_000_000), ("kbit", 1_000), ("bit", 1)];
    let (number, unit) = units.into_iter().find_map(|(unit, n)| Some((text.strip_suffix(unit)?, n)))?;
    number.parse::<u64>().ok()?.checked_mul(unit).filter(|&rate| rate > 0)
}

/// Sets what a link's `name=value` names.
pub(super) fn link_field(config: &mut LinkConfig, name: &str, value: &str) -> Result<(), String> {
    let bad = |wants: &str| format!("{name}={value}: {wants} would do");
    match name {
        "delay" => config.delay = value.parse().map_err(|_| bad("a time such as 10ms"))?,
        "jitter" => config.jitter = value.parse().map_err(|_| bad("a time such as 10ms"))?,
        "rate" => config.rate = Some(rate(value).ok_or_else(|| bad("a rate such as 10Mbit"))?),
        "queue" => config.queue = Some(value.parse().map_err(|_| bad("a number of packets"))?),
        "loss" => config.loss = probability(value).ok_or_else(|| bad("0% to 100%"))?,
        "reorder" => config.reorder = probability(value).ok_or_else(|| bad("0% to 100%"))?,
        "dup" | "duplicate" => config.duplicate = probability(value).ok_or_else(|| bad("0% to 100%"))?,
        "corrupt" => config.corrupt = probability(value).ok_or_else(|| bad("0% to 100%"))?,
        "mtu" => {
            let mtu = value.parse().ok().filter(|mtu| (68..=1500).contains(mtu));
            config.mtu = mtu.ok_or_else(|| bad("68 to 1500 bytes"))?;
        }
        _ => {
            return Err(format!(
                "a link has no {name}: delay, jitter, rate, queue, loss, reorder, dup, corrupt, mtu"
            ));
        }
    }
    Ok(())
}

/// A profile by name.
pub(super) fn profile(name: &str) -> Result<Profile, String> {
    let names: Vec<_> = Profile::ALL.iter().map(|p| p.name).collect();
    Profile::by_name(name).cloned().ok_or_else(|| format!("no profile {name}: {} would do", names.join(", ")))
}

/// Sets a field of a profile by `FIELD=VALUE`.
fn set_field(profile: &mut Profile, text: &str) -> Result<(), String> {
    let (field, value) =
        text.split_once('=').ok_or("a field of the profile and its value: --set=time_wait=30s")?;
    profile.set(field, value).map_err(|error| match &error {
        SetError::Field { field, known } => match nearest(field, known.iter().copied(), 3) {
            Some(near) => format!("a profile has no field {field} to set: {near} would do"),
            None => error.to_string(),
        },
        SetError::Value { .. } => error.to_string(),
    })
}

/// The address of one host.
fn unicast(text: &str) -> Result<IpAddr, String> {
    let ip: Option<IpAddr> = text.trim_matches(['[', ']']).parse().ok();
    let broadcast = IpAddr::V4(Ipv4Addr::BROADCAST);
    let one =
        |ip: &IpAddr| !(ip.is_unspecified() || ip.is_multicast() || ip.is_loopback() || *ip == broadcast);
    ip.filter(one)
        .ok_or_else(|| format!("ip={text}: one host's address such as 10.1.2.3 or fd00::7 would do"))
}

impl Headers {
    /// Reads the headers; every one that is wrong is reported.
    pub(super) fn read(headers: &[Header], options: &Options) -> Result<Self, Vec<Failure>> {
        let mut read = Self::default();
        let mut failures = Vec::new();
        let mut sets = Vec::new();
        for Header { name, value } in headers {
            let text = value.as_ref().map_or("", |v| v.value.as_str());
            let span = value.as_ref().map_or(name.span, |v| v.span);
            let done = match name.value.as_str() {
                "host" => read.host(text, span),
                "link" => read.link(text),
                "profile" => profile(text).map(|p| read.profile = Some(p)),
                "seed" => {
                    text.parse().map(|n| read.seed = Some(n)).map_err(|_| "a number would do".to_owned())
                }
                "packets" => {
                    read.all_packets = text == "all";
                    if read.all_packets { Ok(()) } else { Err("--packets=all would do".to_owned()) }
                }
                "set" => {
                    sets.push((text, span));
                    Ok(())
                }
                "ip_version" => {
                    read.v6 = text == "ipv6";
                    Ok(())
                }
                "tolerance_usecs" => text
                    .parse()
                    .map(|us| read.tolerance = Some(Duration::from_micros(us)))
                    .map_err(|_| "microseconds".to_owned()),
                // packetdrill's other options say how to run on a real machine.
                _ => Ok(()),
            };
            if let Err(message) = done {
                failures.push(failure(span, message));
            }
        }
        for (text, span) in sets {
            let profile = read.profile.get_or_insert_with(|| options.profile.clone());
            if let Err(message) = set_field(profile, text) {
                failures.push(failure(span, message));
                continue;
            }
            // A field that the file sets is set on every host, whichever its profile.
            for profile in read.hosts.iter_mut().filter_map(|host| host.profile.as_mut()) {
                let _ = set_field(profile, text);
            }
        }
        if failures.is_empty() { Ok(read) } else { Err(failures) }
    }

    fn host(&mut self, text: &str, span: Span) -> Result<(), String> {
        let mut parts = text.split(',');
        let name = parts.next().filter(|n| !n.is_empty()).ok_or("a host has a name: --host=client")?;
        if self.hosts.iter().any(|h| h.name == name) {
            return Err(format!("two hosts are named {name}"));
        }
        let name = name.to_owned();
        let mut host = HostHeader { name, span, ip: None, profile: None, policy: HandlePolicy::Never };
        for part in parts {
            match part.split_once('=') {
                Some(("profile", value)) => host.profile = Some(profile(value)?),
                Some(("handles", "never")) => host.policy = HandlePolicy::Never,
                Some(("handles", "lowest")) => host.policy = HandlePolicy::LowestFree,
                Some(("ip", value)) => host.ip = Some(unicast(value)?),
                _ => {
                    return Err(format!("{part}: profile=…, ip=…, handles=never or handles=lowest would do"));
                }
            }
        }
        self.hosts.push(host);
        Ok(())
    }

    fn link(&mut self, text: &str) -> Result<(), String> {
        let mut parts = text.split(',');
        let (Some(a), Some(b)) = (parts.next(), parts.next()) else {
            return Err("a link joins two hosts: --link=client,server,delay=10ms".to_owned());
        };
        let mut config = LinkConfig::default();
        for part in parts {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("{part}: name=value would do"))?;
            link_field(&mut config, name, value)?;
        }
        self.links.push((a.to_owned(), b.to_owned(), config));
        Ok(())
    }

    /// The seed of the world.
    pub(super) fn seed(&self, options: &Options) -> u64 {
        self.seed.or(options.seed).unwrap_or(1)
    }

    /// Whether the file has lanes.
    pub(super) fn lanes(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// Makes the world, with every process and thread that a line names.
    pub(super) fn build(self, script: &Script, options: &Options) -> Result<Stageset, Vec<Failure>> {
        let mut world = World::new(self.seed(options));
        let mut hosts = BTreeMap::new();
        let mut policies = BTreeMap::new();
        let mut failures = Vec::new();
        for (n, host) in self.hosts.iter().enumerate() {
            let profile = host.profile.clone().or_else(|| self.profile.clone());
            let profile = profile.unwrap_or_else(|| options.profile.clone());
            let mut addresses = HostAddresses::of_host(n);
            match host.ip {
                Some(IpAddr::V4(ip)) => addresses.v4 = ip,
                Some(IpAddr::V6(ip)) => addresses.v6 = ip,
                None => {}
            }
            match world.add_host_at(&host.name, profile, addresses) {
                Ok(id) => hosts.insert(host.name.clone(), id),
                Err(taken) => return Err(vec![failure(host.span, taken.to_string())]),
            };
            policies.insert(host.name.clone(), host.policy);
        }
        for (a, b, config) in &self.links {
            match (hosts.get(a), hosts.get(b)) {
                (Some(&a), Some(&b)) => {
                    world.add_link(a, b, *config);
                }
                _ => failures.push(failure(Span::default(), format!("--link={a},{b}: both must be hosts"))),
            }
        }
        if let [a, b] = &self.hosts[..]
            && self.links.is_empty()
        {
            world.add_link(hosts[&a.name], hosts[&b.name], LinkConfig::default());
        }
        let (mut processes, mut threads) = (BTreeMap::new(), BTreeMap::new());
        for (lane, span) in lanes_of(&script.lines) {
            let (host, p, t) = lane;
            let Some(&id) = hosts.get(&host) else {
                let known: Vec<_> = hosts.keys().cloned().collect();
                failures.push(failure(span, format!("no host is named {host}: {}", known.join(", "))));
                continue;
            };
            let process = *processes.entry((host.clone(), p)).or_insert_with(|| {
                let (process, first) = world.spawn_process_with(id, policies[&host]);
                threads.insert((host.clone(), p, 1), first);
                process
            });
            threads.entry((host, p, t)).or_insert_with(|| world.spawn_thread(process));
        }
        if !failures.is_empty() {
            return Err(failures);
        }
        let keys = threads.iter().map(|(key, &thread)| (thread, key.clone())).collect();
        let v6 = self.v6;
        let ip = |id| if v6 { world.address_v6(id) } else { world.address(id) };
        let numbers = processes.iter().map(|(key, process)| (key.clone(), process.id.number()));
        let scene = Scene {
            v6,
            processes: numbers.collect(),
            infos: BTreeMap::new(),
            hosts: hosts.iter().map(|(name, &id)| (name.clone(), ip(id))).collect(),
            other: Endpoint::new(ip(HostId(0)), 8080),
        };
        Ok(Stageset { world, hosts, processes, threads, keys, scene, all_packets: self.all_packets })
    }
}

/// Every lane that has a line, processes and threads in their order.
fn lanes_of(lines: &[Line]) -> Vec<(Key, Span)> {
    let mut lanes: BTreeMap<Key, Span> = BTreeMap::new();
    for line in lines {
        if let (Some(At { value: Lane::Host { host, process, thread }, span }), Event::Call(_)) =
            (&line.lane, &line.event)
        {
            lanes.entry((host.clone(), *process, *thread)).or_insert(*span);
        } else if let Some(At { value: Lane::Host { host, process, .. }, span }) = &line.lane {
            lanes.entry((host.clone(), *process, 1)).or_insert(*span);
        }
    }
    lanes.into_iter().collect()
}
