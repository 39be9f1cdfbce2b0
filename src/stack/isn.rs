//! Initial sequence numbers and the first ephemeral port: keyed functions of the world's seed.

use crate::addr::{Endpoint, IpAddr};
use crate::seq::Seq;
use crate::time::Instant;
use core::hash::Hasher;
use siphasher::sip::SipHasher24;

/// The key that outsiders do not know (RFC 6528; RFC 9293 SHLD-1, MUST-9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Secret(pub [u8; 16]);

impl Secret {
    /// ISN = M + F(localip, localport, remoteip, remoteport, secretkey), M a 4 microsecond clock (RFC 9293 3.4.1).
    /// Beside it, where the clock of timestamps begins (RFC 7323 section 5.4): the same for every connection of this
    /// name, so that it goes forward from one to the next (RFC 6191).
    pub(super) fn initial(self, local: Endpoint, remote: Endpoint, now: Instant) -> (Seq, u32) {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        write_endpoint(&mut hasher, local);
        write_endpoint(&mut hasher, remote);
        let hash = hasher.finish();
        (Seq(low32(hash)) + low32(now.as_nanos() / 4_000), low32(hash >> 32))
    }

    /// Where the search for ephemeral ports begins among `count` of them.
    pub(super) fn first_port(self, count: u32) -> u32 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(b"ephemeral");
        low32(hasher.finish()) % count.max(1)
    }
}

/// Bytes in one order on every machine.
fn write_endpoint(hasher: &mut SipHasher24, end: Endpoint) {
    match end.ip {
        IpAddr::V4(ip) => hasher.write(&ip.octets()),
        IpAddr::V6(ip) => hasher.write(&ip.octets()),
    }
    hasher.write(&end.port.to_be_bytes());
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low32(n: u64) -> u32 {
    n as u32
}
