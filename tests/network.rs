//! What lies around a connection: ports and four-tuples, ICMP, the path's MTU, UDP.

#[path = "network/hostile.rs"]
mod hostile;
#[path = "network/icmp.rs"]
mod icmp;
#[path = "network/mtu.rs"]
mod mtu;
#[path = "network/ports.rs"]
mod ports;

#[path = "network/text.rs"]
mod text;
#[path = "network/udp.rs"]
mod udp;
#[path = "network/wire.rs"]
mod wire;

use closewait::profile::Profile;
use closewait_sim::script::{self, Options, Verdict};

/// A scenario passes, under whichever profile.
fn passes_under_every(text: &str) {
    for profile in Profile::ALL {
        passes(&format!("--profile={}\n{text}", profile.name));
    }
}

/// A scenario passes.
fn passes(text: &str) {
    let report = script::run(text, &Options::default()).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    assert_eq!(report.verdict, Verdict::Passed, "{text}");
}
