//! Every call on every kind of socket in every state, run, and the page that is written of it: docs/generated/calls.md.

#[path = "calls/asks.rs"]
mod asks;
mod golden;
#[path = "calls/page.rs"]
mod page;
#[path = "calls/places.rs"]
mod places;

use closewait::profile::Profile;
use places::Place;

/// Each cell is what the code does: whoever changes one reviews it.
///
/// Mutation: WSAPoll says that every connection can be written to.
#[test]
fn the_page_is_what_the_calls_do() {
    golden::check("docs/generated/calls.md", &page::page());
}

/// What every cell relies on: a state is reached by calls and packets, under every profile, and looking at it changes
/// nothing.
///
/// Mutation: a socket that listens counts as unbound.
#[test]
fn every_state_is_reached_under_every_profile() {
    for profile in Profile::ALL {
        for place in places::ALL {
            for nonblocking in [false, true] {
                let reached = Place::reach(place, profile, nonblocking);
                assert_eq!(reached.state().as_deref(), place.state, "{} under {}", place.name, profile.name);
                reached.world.assert_invariants();
            }
        }
    }
}
