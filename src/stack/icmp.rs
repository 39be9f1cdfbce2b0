//! ICMP messages: which connection each is about, and what it says to it.

use super::Stack;
use crate::addr::{Endpoint, IpAddr, is_unicast};
use crate::packet::{Icmp, Message, Protocol, Quote, Trouble};
use crate::rule::Rule;
use crate::tcp::{Told, Unreachable};
use crate::time::Instant;

/// RFC 1191 section 7: MTUs that links have. What a packet of some length did not pass carries at most the next.
const PLATEAUS: [u16; 10] = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/// RFC 8200 section 5: what every IPv6 link carries.
const MIN_MTU_V6: u32 = 1280;

impl Stack {
    /// A datagram without a TCP segment arrives.
    pub fn deliver_message(&mut self, now: Instant, message: Message) {
        match message {
            Message::Icmp(icmp) => self.deliver_icmp(now, &icmp),
            Message::Udp(udp) => self.deliver_udp(udp),
        }
    }

    /// An ICMP message arrives: it acts on the connection that it quotes (MUST-54), and on no other.
    fn deliver_icmp(&mut self, now: Instant, icmp: &Icmp) {
        let Quote { protocol, src: local, dst: remote, seq, .. } = icmp.quote;
        let told = match (self.unfit(icmp), protocol) {
            (Some(rule), _) => Err(rule),
            (None, Protocol::Tcp) => self.told(icmp),
            (None, Protocol::Udp) => match self.told_datagrams(icmp) {
                Ok(()) => return,
                Err(rule) => Err(rule),
            },
        };
        let id = if told.is_ok() { self.find_or_wake(local, remote) } else { None };
        match (told, id) {
            (Ok(told), Some(id)) => self.on(now, id, |state, cx| state.told(seq, told, cx)),
            (Ok(_), None) => self.drop_icmp(icmp, Rule::IcmpNoConnection),
            (Err(rule), _) => self.drop_icmp(icmp, rule),
        }
    }

    fn drop_icmp(&mut self, icmp: &Icmp, rule: Rule) {
        let (remote, local) = (Endpoint::new(icmp.src, 0), icmp.quote.src);
        self.out.dropped(local, remote, rule);
    }

    /// Why nobody here listens to it.
    fn unfit(&self, icmp: &Icmp) -> Option<Rule> {
        if self.failed {
            return Some(Rule::NetworkFailed);
        }
        let ours = self.is_local(icmp.dst) && self.is_local(icmp.quote.src.ip);
        (!ours || !is_unicast(icmp.src)).then_some(Rule::NotUnicast)
    }

    /// What it says to a TCP connection, or why nothing.
    fn told(&self, icmp: &Icmp) -> Result<Told, Rule> {
        match icmp.trouble() {
            Trouble::SourceQuench => Err(Rule::SourceQuench),
            Trouble::Other => Err(Rule::IcmpUnknown),
            Trouble::TooBig(mtu) if self.profile.path_mtu_discovery => self.effective_mss(icmp, mtu),
            Trouble::TooBig(_) if !icmp.is_hard() => Err(Rule::IcmpUnknown),
            _ if icmp.is_hard() => Ok(Told::Hard),
            Trouble::Net => Ok(Told::Soft(Unreachable::Net)),
            Trouble::Host
            | Trouble::Protocol
            | Trouble::Port
            | Trouble::TooBig(_)
            | Trouble::TimeExceeded
            | Trouble::Parameter => Ok(Told::Soft(Unreachable::Host)),
        }
    }

    /// R79: the MSS for a path of that MTU, or of the next that links have if the router does not say it.
    fn effective_mss(&self, icmp: &Icmp, mtu: u32) -> Result<Told, Rule> {
        let (headers, mtu) = match icmp.quote.src.ip {
            // RFC 8201 section 4: less than every link carries is no news.
            IpAddr::V6(_) if mtu < MIN_MTU_V6 => return Err(Rule::PathMtuAbsurd),
            IpAddr::V6(_) => (60, mtu),
            IpAddr::V4(_) => {
                let next = PLATEAUS.into_iter().find(|&plateau| plateau < icmp.quote.len);
                let said = if mtu == 0 { u32::from(next.unwrap_or(0)) } else { mtu };
                (40, said.max(u32::from(self.profile.min_path_mtu)))
            }
        };
        let mtu = u16::try_from(mtu).unwrap_or(u16::MAX);
        Ok(Told::TooBig { mss: mtu.saturating_sub(headers).max(1) })
    }
}
