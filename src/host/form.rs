//! The canonical forms of a host ([`crate::form`]).

use super::Host;
use crate::addr::Endpoint;
use crate::form::{Abstract, Exact, Writer};
use crate::seq::Seq;
use crate::time::Instant;

impl Host {
    /// What the host is at `now`, apart from names and numbers. Poll its outputs first.
    #[must_use]
    pub fn exact(&self, now: Instant) -> Exact {
        let mut w = Writer::exact(now, self.stack.shared_profile());
        self.write(&mut w);
        w.into_exact()
    }

    /// What the host is at `now`, for exploration. Poll its outputs first.
    #[must_use]
    pub fn abstracted(&self, now: Instant) -> Abstract {
        let mut w = Writer::abstracted(now, self.stack.shared_profile());
        self.write(&mut w);
        w.into_abstract()
    }

    /// What the numbers of a form are relative to, of the connection that segments between these ends are for: this
    /// end's SND.UNA (before it is established ISS, in TIME-WAIT SND.NXT) and RCV.NXT (0 while the peer has not said
    /// a number).
    #[must_use]
    pub fn origins(&self, local: Endpoint, remote: Endpoint) -> Option<(Seq, Seq)> {
        self.stack.origins(local, remote)
    }

    fn write(&self, w: &mut Writer) {
        let Self { stack, winsock } = self;
        stack.meet(w);
        winsock.meet(w);
        stack.form(w);
        winsock.form(w);
    }
}
