//! Settings: every field of a profile by its name, its value as a person writes it. Scenarios and programs that
//! take a profile from a text use them.

#[cfg(test)]
mod tests;

use super::{
    AbortFlags, AckThrottle, Arrivals, Backlog, BareRstAck, CloseInSynReceived, CloseOneOfMany,
    CongestionControl, DataAfterClose, DelayedAck, DontLinger, FdClose, GiveUpCode, HardErrors,
    InitialWindow, KeepAlive, LingerWake, ListenerGone, MaxR2, NonblockingLinger, Offer, OldAck, Profile,
    RefusedRetries, ResetCode, ResetInAcceptQueue, RstInTimeWait, RstInWindow, ShutAndReset, SoError,
    SoftErrors, SynAckInWindow, SynInSynReceived, SynInTimeWait, SynInWindow, TextOnSyn, TimeWaitAnswers,
    UnsafeClose, Unwelcome, WindowAfterFin, WindowScaling,
};
use crate::time::Duration;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::RangeInclusive;

/// Why a field was not set, and what would do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SetError {
    /// There is no such field.
    #[error("a profile has no field {field} to set: {}", known.join(", "))]
    Field {
        /// What was asked for.
        field: String,
        /// The fields, in the order of [`Profile`].
        known: Vec<&'static str>,
    },
    /// The field has no such value.
    #[error("{field}={value}: {} would do", wants.join(" or "))]
    Value {
        /// The field.
        field: &'static str,
        /// What it was to be set to.
        value: String,
        /// The values, by name or in words.
        wants: Vec<&'static str>,
    },
}

/// What a setting can spell.
trait Spelled: Sized {
    /// The value that a text spells.
    fn spelled(text: &str) -> Option<Self>;
    /// What would do, each by its name or in words.
    fn wants() -> Vec<&'static str>;
    /// The text that spells it.
    fn spell(&self) -> String;
}

/// A field, whatever its type.
trait Setting {
    /// Sets it, or says what would do.
    fn set(&mut self, text: &str) -> Result<(), Vec<&'static str>>;
    /// What it is set to.
    fn get(&self) -> String;
}

impl<T: Spelled> Setting for T {
    fn set(&mut self, text: &str) -> Result<(), Vec<&'static str>> {
        *self = T::spelled(text).ok_or_else(T::wants)?;
        Ok(())
    }

    fn get(&self) -> String {
        self.spell()
    }
}

/// The variants of each enum. The `match` breaks the build if one is left out.
macro_rules! variants {
    ($($kind:ident { $($variant:ident = $name:literal),+ })+) => {$(
        impl Spelled for $kind {
            fn spelled(text: &str) -> Option<Self> {
                [$(Self::$variant),+].into_iter().find(|value| value.spell().eq_ignore_ascii_case(text))
            }
            fn spell(&self) -> String {
                match self { $(Self::$variant => $name),+ }.to_string()
            }
            fn wants() -> Vec<&'static str> {
                [$($name),+].into()
            }
        }
    )+};
}

variants! {
    NonblockingLinger { WouldBlockIfUnsent = "would_block_if_unsent", AlwaysWouldBlock = "always_would_block" }
    LingerWake { DataAcknowledged = "data_acknowledged", FinAcknowledged = "fin_acknowledged", PeerFin = "peer_fin" }
    DontLinger { TrueIsOff = "true_is_off", TrueIsOn = "true_is_on" }
    UnsafeClose { Reset = "reset", LingerTable = "linger_table" }
    DataAfterClose { ResetAsIfAbsent = "reset_as_if_absent", ResetAcknowledging = "reset_acknowledging" }
    ResetCode { ConnReset = "conn_reset", ConnAborted = "conn_aborted" }
    ShutAndReset { Reset = "reset", Shutdown = "shutdown" }
    GiveUpCode { TimedOut = "timed_out", ConnAborted = "conn_aborted" }
    SoError { ConnectOnly = "connect_only", WhatEnded = "what_ended" }
    CloseOneOfMany { CancelsCalls = "cancels_calls", LeavesCalls = "leaves_calls" }
    FdClose { AfterRead = "after_read", AtOnce = "at_once" }
    Arrivals { OnceUntilReenabled = "once_until_reenabled", Each = "each" }
    ResetInAcceptQueue { AcceptFails = "accept_fails", FirstRecvFails = "first_recv_fails" }
    CloseInSynReceived { Fin = "fin", BareReset = "bare_reset" }
    AbortFlags { RstAck = "rst_ack", Rst = "rst" }
    RstInWindow { ChallengeAck = "challenge_ack", Resets = "resets" }
    SynInWindow { ChallengeAck = "challenge_ack", Resets = "resets", ResetsAsIfAbsent = "resets_as_if_absent" }
    SynInSynReceived {
        ChallengeAck = "challenge_ack", ReturnToListen = "return_to_listen", ResetsAsIfAbsent = "resets_as_if_absent"
    }
    SynAckInWindow { AsSyn = "as_syn", Resets = "resets" }
    Unwelcome { Reset = "reset", Silent = "silent" }
    ListenerGone {
        AbortsLater = "aborts_later", BareResetLater = "bare_reset_later", ForgottenAtOnce = "forgotten_at_once"
    }
    BareRstAck { Zero = "zero", Filled = "filled" }
    SynInTimeWait { AcceptIfGreater = "accept_if_greater", AcceptFromRcvNxt = "accept_from_rcv_nxt" }
    RstInTimeWait { Closes = "closes", Ignored = "ignored" }
    TimeWaitAnswers { All = "all", Outside = "outside" }
    TextOnSyn { Queued = "queued", Dropped = "dropped" }
    Backlog { CountsHalfOpen = "counts_half_open", CountsCompleted = "counts_completed" }
    WindowAfterFin { Kept = "kept", LessOne = "less_one" }
    OldAck { Taken = "taken", ChallengeAck = "challenge_ack" }
    Offer { No = "no", IfOffered = "if_offered", Yes = "yes" }
    CongestionControl { NewReno = "new_reno", Cubic = "cubic" }
    HardErrors { Abort = "abort", AbortOpening = "abort_opening", Soft = "soft" }
    SoftErrors { Told = "told", Ignored = "ignored" }
    InitialWindow { Rfc5681 = "rfc5681", Rfc6928 = "rfc6928" }
}

macro_rules! numbers {
    ($($kind:ty = $wants:literal),+) => {$(
        impl Spelled for $kind {
            fn spell(&self) -> String {
                self.to_string()
            }
            fn spelled(text: &str) -> Option<Self> {
                text.parse().ok()
            }
            fn wants() -> Vec<&'static str> {
                [$wants].into()
            }
        }
    )+};
}

numbers! {
    u8 = "a number from 0 to 255",
    u16 = "a number from 0 to 65535",
    u32 = "a number from 0 to 4294967295"
}

impl Spelled for Duration {
    fn spelled(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn wants() -> Vec<&'static str> {
        ["a time such as 30s or 0.5ms"].into()
    }

    fn spell(&self) -> String {
        self.in_units()
    }
}

impl Spelled for WindowScaling {
    fn spelled(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "off" => Some(Self::Off),
            "for_buffer" => Some(Self::ForBuffer),
            shift => shift.parse().ok().filter(|shift| *shift <= 14).map(Self::Shift),
        }
    }

    fn wants() -> Vec<&'static str> {
        ["off", "for_buffer", "a shift from 0 to 14"].into()
    }

    fn spell(&self) -> String {
        match self {
            Self::Off => "off".to_string(),
            Self::ForBuffer => "for_buffer".to_string(),
            Self::Shift(shift) => shift.to_string(),
        }
    }
}

impl Spelled for bool {
    fn spelled(text: &str) -> Option<Self> {
        text.to_ascii_lowercase().parse().ok()
    }

    fn wants() -> Vec<&'static str> {
        ["true", "false"].into()
    }

    fn spell(&self) -> String {
        self.to_string()
    }
}

impl<T: Spelled> Spelled for Option<T> {
    fn spelled(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("none") { Some(None) } else { T::spelled(text).map(Some) }
    }

    fn wants() -> Vec<&'static str> {
        let mut wants = T::wants();
        wants.push("none");
        wants
    }

    fn spell(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_string(), Spelled::spell)
    }
}

impl Spelled for RangeInclusive<u16> {
    fn spelled(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let (first, last) = (u16::spelled(first)?, u16::spelled(last)?);
        (first > 0 && first <= last).then_some(first..=last)
    }

    fn wants() -> Vec<&'static str> {
        ["two ports from 1 to 65535, the lower first, such as 49152-65535,"].into()
    }

    fn spell(&self) -> String {
        format!("{}-{}", self.start(), self.end())
    }
}

/// Fields with their names: `fields![a, b]`, or `fields![x: a, b]` for `x.a` and `x.b`.
macro_rules! fields {
    ($outer:ident: $($field:ident),+) => {
        [$((concat!(stringify!($outer), ".", stringify!($field)), $field as &mut dyn Setting)),+]
    };
    ($($field:ident),+) => {
        [$((stringify!($field), $field as &mut dyn Setting)),+]
    };
}

impl Profile {
    /// Sets the field of that name: `set("time_wait", "30s")`, `set("data_max_r2.retransmissions", "none")`.
    ///
    /// A value is a time with its unit, a number, `true` or `false`, a variant's name in snake_case (in whatever
    /// case), two ports with a hyphen between them, or `none` where there need not be one. `name` says which
    /// profile this is and cannot be set.
    ///
    /// ```
    /// use closewait::profile::{AbortFlags, Profile};
    /// let mut profile = Profile::WINDOWS;
    /// assert_eq!(profile.set("abort_flags", "rst"), Ok(()));
    /// assert_eq!(profile.abort_flags, AbortFlags::Rst);
    /// let error = profile.set("abort_flags", "fin").expect_err("no such value");
    /// assert_eq!(error.to_string(), "abort_flags=fin: rst_ack or rst would do");
    /// ```
    ///
    /// # Errors
    /// [`SetError`] says which field or value would do; nothing was set.
    pub fn set(&mut self, field: &str, value: &str) -> Result<(), SetError> {
        let mut fields = self.settings();
        let Some((name, setting)) = fields.iter_mut().find(|(name, _)| *name == field) else {
            let known = fields.iter().map(|&(name, _)| name).collect();
            return Err(SetError::Field { field: field.to_string(), known });
        };
        setting.set(value).map_err(|wants| SetError::Value { field: name, value: value.to_string(), wants })
    }

    /// The fields, by name, that are not as in `base`, each with the value that [`Profile::set`] would take for it.
    ///
    /// ```
    /// use closewait::profile::Profile;
    /// let mut profile = Profile::WINDOWS;
    /// profile.set("time_wait", "30s")?;
    /// assert_eq!(profile.differences(&Profile::WINDOWS), [("time_wait", "30s".to_owned())]);
    /// # Ok::<(), closewait::profile::SetError>(())
    /// ```
    #[must_use]
    pub fn differences(&self, base: &Self) -> Vec<(&'static str, String)> {
        let (mut own, mut base) = (self.clone(), base.clone());
        let pairs = own.settings().into_iter().zip(base.settings());
        pairs
            .map(|((name, own), (_, base))| (name, own.get(), base.get()))
            .filter(|(_, own, base)| own != base)
            .map(|(name, own, _)| (name, own))
            .collect()
    }

    /// Every field that can be set. A new field breaks the build here until it is one of them.
    fn settings(&mut self) -> Vec<(&'static str, &mut dyn Setting)> {
        let Self {
            name: _,
            nonblocking_linger,
            linger_wake,
            dontlinger,
            dontlinger_seconds,
            close_with_unread,
            close_with_receive_pending,
            data_after_close,
            rst_discards_unread,
            reset_after_fin,
            recv_shut_and_reset,
            fd_close_reset,
            fd_close,
            event_arrivals,
            close_one_of_many,
            timeout_slack,
            give_up,
            so_error,
            reset_in_accept_queue,
            close_in_syn_received,
            abort_flags,
            rst_in_window,
            syn_in_window,
            syn_in_syn_received,
            syn_ack_in_window,
            syn_in_time_wait,
            rst_in_time_wait,
            time_wait_answers,
            no_connection,
            backlog_full,
            listener_gone,
            bare_rst_ack,
            text_on_syn,
            backlog,
            ack_throttle,
            old_ack,
            window_scaling,
            sack,
            timestamps,
            refused_retries,
            hard_errors,
            soft_errors,
            path_mtu_discovery,
            min_path_mtu,
            give_up_sends_rst,
            time_wait,
            fin_wait_2,
            initial_rto,
            min_rto,
            max_rto,
            rto_after_syn_loss,
            max_r1,
            data_max_r2,
            syn_max_r2,
            delayed_ack,
            keep_alive,
            keep_alive_sends_rst,
            congestion_control,
            slow_start_segments,
            initial_window,
            window_after_fin,
            window_update_segments,
            send_buffer,
            receive_buffer,
            ephemeral_ports,
            max_connections,
            recycle_time_wait,
            max_backlog,
        } = self;
        let mut all = Vec::new();
        all.extend(fields![
            nonblocking_linger,
            linger_wake,
            dontlinger,
            dontlinger_seconds,
            close_with_unread,
            close_with_receive_pending,
            data_after_close,
            rst_discards_unread,
            reset_after_fin,
            recv_shut_and_reset,
            fd_close_reset,
            fd_close,
            event_arrivals,
            close_one_of_many,
            timeout_slack,
            give_up,
            so_error,
            reset_in_accept_queue,
            close_in_syn_received,
            abort_flags,
            rst_in_window,
            syn_in_window,
            syn_in_syn_received,
            syn_ack_in_window,
            syn_in_time_wait,
            rst_in_time_wait,
            time_wait_answers,
            no_connection,
            backlog_full,
            listener_gone,
            bare_rst_ack,
            text_on_syn,
            backlog
        ]);
        let AckThrottle { count, per } = ack_throttle;
        all.extend(fields![ack_throttle: count, per]);
        all.extend(fields![old_ack, window_scaling, sack, timestamps]);
        let RefusedRetries { count, after } = refused_retries;
        all.extend(fields![refused_retries: count, after]);
        all.extend(fields![
            hard_errors,
            soft_errors,
            path_mtu_discovery,
            min_path_mtu,
            give_up_sends_rst,
            time_wait,
            fin_wait_2,
            initial_rto,
            min_rto,
            max_rto,
            rto_after_syn_loss,
            max_r1
        ]);
        let MaxR2 { retransmissions, time } = data_max_r2;
        all.extend(fields![data_max_r2: retransmissions, time]);
        let MaxR2 { retransmissions, time } = syn_max_r2;
        all.extend(fields![syn_max_r2: retransmissions, time]);
        let DelayedAck { segments, time } = delayed_ack;
        all.extend(fields![delayed_ack: segments, time]);
        let KeepAlive { idle, interval, probes } = keep_alive;
        all.extend(fields![keep_alive: idle, interval, probes]);
        all.extend(fields![
            keep_alive_sends_rst,
            congestion_control,
            slow_start_segments,
            initial_window,
            window_after_fin,
            window_update_segments,
            send_buffer,
            receive_buffer,
            ephemeral_ports,
            max_connections,
            recycle_time_wait,
            max_backlog
        ]);
        all
    }
}
