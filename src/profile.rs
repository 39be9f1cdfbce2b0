//! Profiles: all that differs between what the `closesocket` page says, what Windows is seen to do and what
//! RFC 9293 asks for, as fields. No code asks which profile it runs under; it reads the field of the question.
//!
//! Each field names its ruling (R…), fact (WF-…) or requirement (TR-…, RFC). `docs/rulings.md` has the rulings.

mod set;
mod timers;
mod winsock;

pub use set::SetError;
pub use timers::{DelayedAck, KeepAlive};
pub use winsock::{
    Arrivals, CloseOneOfMany, DontLinger, FdClose, GiveUpCode, LingerWake, NonblockingLinger, ResetCode,
    ResetInAcceptQueue, ShutAndReset, SoError, UnsafeClose,
};

use crate::time::Duration;
use core::ops::RangeInclusive;

/// What a host does where sources disagree or leave a choice, and every timer and limit.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Profile {
    /// The name by which the command line and scenarios choose it.
    pub name: &'static str,

    // Closing through Winsock.
    /// R1: when a nonblocking close with a nonzero timeout can complete at once.
    pub nonblocking_linger: NonblockingLinger,
    /// R2: what a blocking lingering close waits for.
    pub linger_wake: LingerWake,
    /// R3: what SO_DONTLINGER's TRUE means.
    pub dontlinger: DontLinger,
    /// CS-C4: the timeout, in seconds, when SO_DONTLINGER turns lingering on and SO_LINGER never named one.
    /// 120 is 4.3BSD's TCP_LINGERTIME.
    pub dontlinger_seconds: u16,
    /// R4: a close while received data is unread.
    pub close_with_unread: UnsafeClose,
    /// R5: a close while a receive is pending and nothing is unread.
    pub close_with_receive_pending: UnsafeClose,
    /// R7: new data for a socket that was closed.
    pub data_after_close: DataAfterClose,
    /// R8: whether a RST discards data that was received and not yet read.
    pub rst_discards_unread: bool,
    /// R11: the code after a RST that came when the peer's FIN had already been received.
    pub reset_after_fin: ResetCode,
    /// CS-E5, WF-4.4: recv after both shutdown(SD_RECEIVE) and a RST.
    pub recv_shut_and_reset: ShutAndReset,
    /// R9: FD_CLOSE's code after a RST.
    pub fd_close_reset: ResetCode,
    /// R10: FD_CLOSE while received data is unread.
    pub fd_close: FdClose,
    /// R82: what WSAEventSelect records of arrivals.
    pub event_arrivals: Arrivals,
    /// R20: a descriptor that is not the last is closed while calls are pending.
    pub close_one_of_many: CloseOneOfMany,
    /// R35: how much later than SO_RCVTIMEO and SO_SNDTIMEO say a call gives up.
    pub timeout_slack: Duration,
    /// R14: the code after retransmission gave up on an established connection.
    pub give_up: GiveUpCode,
    /// R53: what SO_ERROR tells, a failed connect aside.
    pub so_error: SoError,
    /// R15: a RST for a connection in the accept queue.
    pub reset_in_accept_queue: ResetInAcceptQueue,
    /// R24: closesocket in SYN-RECEIVED that an active open led to.
    pub close_in_syn_received: CloseInSynReceived,

    // Segments.
    /// R27: the flags of the RST of an abort.
    pub abort_flags: AbortFlags,
    /// R51, TR-C11: a RST in the window, but not at RCV.NXT.
    pub rst_in_window: RstInWindow,
    /// R16, R52, TR-C16: a SYN in the window of a synchronized state, TIME-WAIT aside, and of SYN-RECEIVED that an
    /// active open led to.
    pub syn_in_window: SynInWindow,
    /// R16, TR-C16: a SYN in the window of SYN-RECEIVED that a passive open led to.
    pub syn_in_syn_received: SynInSynReceived,
    /// R16b: a SYN+ACK in the window, from SYN-RECEIVED to TIME-WAIT.
    pub syn_ack_in_window: SynAckInWindow,
    /// R16c: a SYN in TIME-WAIT.
    pub syn_in_time_wait: SynInTimeWait,
    /// R26, RFC 1337: what a valid RST does to TIME-WAIT.
    pub rst_in_time_wait: RstInTimeWait,
    /// R64: what TIME-WAIT answers, of segments in its window.
    pub time_wait_answers: TimeWaitAnswers,
    /// R17: a segment that only a missing connection answers.
    pub no_connection: Unwelcome,
    /// R22: a SYN that finds the backlog full.
    pub backlog_full: Unwelcome,
    /// R21: the handshake of a listener that was closed.
    pub listener_gone: ListenerGone,
    /// R25: the ack field of a RST without the ACK flag.
    pub bare_rst_ack: BareRstAck,
    /// R42: text or FIN that comes with the SYN of a new connection.
    pub text_on_syn: TextOnSyn,
    /// R43: what takes a place in the backlog.
    pub backlog: Backlog,
    /// R49, RFC 5961 section 7: how many ACKs leave for which nothing was taken.
    pub ack_throttle: AckThrottle,
    /// R72, TR-9, TR-C14, RFC 5961 section 5: an ACK older than the peer can have any reason to send.
    pub old_ack: OldAck,
    /// R60, RFC 7323 section 2: whether SYNs offer window scaling, and which shift.
    pub window_scaling: WindowScaling,
    /// R61, RFC 2018: whether SYNs offer selective acknowledgments.
    pub sack: Offer,
    /// R62, RFC 7323 section 3: whether SYNs offer timestamps.
    pub timestamps: Offer,
    /// R23, R29: retries of a refused SYN, and how long after each RST.
    pub refused_retries: RefusedRetries,
    /// R77, SHLD-26: what ICMP's hard errors end.
    pub hard_errors: HardErrors,
    /// R78, SHLD-20, SHLD-25: what becomes of ICMP's soft errors.
    pub soft_errors: SoftErrors,
    /// R79, RFC 1191, RFC 8201: whether segments get smaller when ICMP says that they are too big. If not,
    /// fragmentation needed is a hard error.
    pub path_mtu_discovery: bool,
    /// R79: the least MTU that an IPv4 path is taken to have, in bytes.
    pub min_path_mtu: u16,
    /// Whether giving up on retransmission sends a RST. RFC 9293 3.8.3 (c) says "close the connection".
    pub give_up_sends_rst: bool,

    // Timers and limits.
    /// R12: 2 MSL, the length of TIME-WAIT.
    pub time_wait: Duration,
    /// R36, WF-10.13: how long an orphan stays in FIN-WAIT-2; none: for ever, as in the RFC.
    pub fin_wait_2: Option<Duration>,
    /// TR-C26, WF-10.2: the retransmission timeout before any measurement.
    pub initial_rto: Duration,
    /// TR-C28, WF-10.9: the least retransmission timeout.
    pub min_rto: Duration,
    /// TR-C29, WF-10.8: the greatest retransmission timeout.
    pub max_rto: Duration,
    /// TR-C32: the timeout that data starts with when a SYN had to be retransmitted.
    pub rto_after_syn_loss: Duration,
    /// R70, TR-77, TR-79, TR-80: the retransmission that the user hears of.
    pub max_r1: u8,
    /// max_r2 of data and FIN (TR-77, TR-81, WF-10.8).
    pub data_max_r2: MaxR2,
    /// max_r2 of SYN (TR-83, WF-10.2, R44).
    pub syn_max_r2: MaxR2,
    /// R65, TR-69 to TR-71, WF-10.10: how long the ACK of text in order waits.
    pub delayed_ack: DelayedAck,
    /// R67, TR-84 to TR-92, WF-10.11: keep-alive, once a program has turned it on.
    pub keep_alive: KeepAlive,
    /// R68: whether a keep-alive that found no peer sends a RST.
    pub keep_alive_sends_rst: bool,
    /// R63: what governs the congestion window.
    pub congestion_control: CongestionControl,
    /// R66, RFC 3465 2.2: by how many segments at most an ACK lets the window grow in slow start.
    pub slow_start_segments: u32,
    /// R45: the initial congestion window.
    pub initial_window: InitialWindow,
    /// R50: the window announced after the peer's FIN.
    pub window_after_fin: WindowAfterFin,
    /// R47: a read that makes room for so many segments (or half the buffer) announces it. 2 is 4.4BSD's number.
    pub window_update_segments: u32,
    /// R34: SO_SNDBUF's default, in bytes.
    pub send_buffer: u32,
    /// R34: SO_RCVBUF's default, in bytes.
    pub receive_buffer: u32,
    /// WF-9.9: ephemeral ports.
    pub ephemeral_ports: RangeInclusive<u16>,
    /// R75: the most connections that a host has, TIME-WAIT included. 16,777,214 is TcpNumConnections' default.
    pub max_connections: u32,
    /// R76, WF-9.3: whether a host that has its most connections ends its oldest TIME-WAIT for a new one.
    pub recycle_time_wait: bool,
    /// R46: the most that `listen` takes for a backlog, and what SOMAXCONN stands for.
    pub max_backlog: u32,
}

/// R7: new data for a socket that was closed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DataAfterClose {
    /// The RST that a missing connection would send: `<SEQ=SEG.ACK><CTL=RST>`.
    ResetAsIfAbsent,
    /// `<SEQ=SND.NXT><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>`.
    ResetAcknowledging,
}

/// R24: closesocket in SYN-RECEIVED that an active open led to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CloseInSynReceived {
    /// FIN, to FIN-WAIT-1 (RFC 9293 3.10.4).
    Fin,
    /// RST without the ACK flag.
    BareReset,
}

/// R27: the flags of the RST of an abort; the sequence number is SND.NXT.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AbortFlags {
    /// RST+ACK, acknowledging RCV.NXT.
    RstAck,
    /// RST alone; its ack field is R25's.
    Rst,
}

/// R51: a RST in the window, but not at RCV.NXT.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RstInWindow {
    /// Challenge ACK (RFC 5961 section 3.2, RFC 9293 3.10.7.4).
    ChallengeAck,
    /// Resets the connection, as one at RCV.NXT does (RFC 793).
    Resets,
}

/// R16, R52: a SYN in the window of a synchronized state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SynInWindow {
    /// Challenge ACK (RFC 5961 section 4.2, RFC 9293 3.10.7.4).
    ChallengeAck,
    /// An error: RST, and the connection is reset (RFC 793; RFC 9293 3.10.7.4 without RFC 5961).
    Resets,
    /// `<SEQ=0><ACK=SEG.SEQ+1><CTL=RST,ACK>`, as if there were no connection, and the connection is reset (R16).
    ResetsAsIfAbsent,
}

/// R63: what governs the congestion window.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CongestionControl {
    /// RFC 5681 with RFC 6582.
    NewReno,
    /// RFC 9438.
    Cubic,
}

/// R72: an ACK below SND.UNA by more than the largest window that the peer has announced.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OldAck {
    /// Acknowledges nothing; what the segment carries is taken (RFC 9293 3.10.7.4).
    Taken,
    /// Challenge ACK, and the segment is dropped (RFC 5961 section 5.2, MAY-12).
    ChallengeAck,
}

/// R60: window scaling (RFC 7323 section 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WindowScaling {
    /// Neither offered nor used.
    Off,
    /// The least shift that lets the whole receive buffer be announced.
    ForBuffer,
    /// This shift, at most 14, whatever the buffer.
    Shift(u8),
}

/// R61, R62: whether a SYN carries an option that both SYNs must carry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Offer {
    /// Never.
    No,
    /// If the peer's SYN does.
    IfOffered,
    /// Always.
    Yes,
}

/// R16: a SYN in the window of SYN-RECEIVED that a passive open led to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SynInSynReceived {
    /// Challenge ACK (RFC 5961).
    ChallengeAck,
    /// Back to LISTEN (RFC 9293 3.10.7.4).
    ReturnToListen,
    /// Back to LISTEN, after `<SEQ=0><ACK=SEG.SEQ+1><CTL=RST,ACK>` (R16).
    ResetsAsIfAbsent,
}

/// R16b: a SYN+ACK in the window.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SynAckInWindow {
    /// As a SYN.
    AsSyn,
    /// `<SEQ=SEG.ACK><CTL=RST>`, and the connection is reset; a TIME-WAIT stays. SYN-RECEIVED of a passive open drops
    /// it in silence.
    Resets,
}

/// R17, R22: what nobody here wants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unwelcome {
    /// RST (RFC 9293 3.10.7.1, 3.10.7.2).
    Reset,
    /// Silence, as of a host that a firewall hides.
    Silent,
}

/// R21: what the handshake of a listener that was closed comes to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListenerGone {
    /// The ACK that would complete it draws an abort's RST (R27).
    AbortsLater,
    /// The ACK that would complete it draws RST without the ACK flag (R25).
    BareResetLater,
    /// It ends with the listener, silently; later segments meet no connection (R17).
    ForgottenAtOnce,
}

/// R25: the ack field of a RST without the ACK flag.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BareRstAck {
    /// 0.
    Zero,
    /// RCV.NXT of the connection that sends it of its own; SEG.ACK in an answer made from the segment alone.
    Filled,
}

/// R16c: a SYN in TIME-WAIT that a listener could take.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SynInTimeWait {
    /// A new connection if its timestamp is newer (RFC 6191) or its number is greater than RCV.NXT (RFC 9293 MAY-2);
    /// TIME-WAIT returns if the SYN was an old duplicate.
    AcceptIfGreater,
    /// A new connection if its number is at least RCV.NXT; without a listener RST.
    AcceptFromRcvNxt,
}

/// R26: what a valid RST does to TIME-WAIT.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RstInTimeWait {
    /// Ends it (RFC 9293 3.10.7.4).
    Closes,
    /// Nothing (RFC 1337, fix F1).
    Ignored,
}

/// R64: what TIME-WAIT answers, of segments in its window that carry an ACK.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimeWaitAnswers {
    /// Each, by an ACK (RFC 9293 3.10.7.4 fifth: "acknowledge it"), as often as R49 lets it.
    All,
    /// None: only what lies outside, a retransmitted FIN above all, is acknowledged.
    Outside,
}

/// R77: what ICMP's hard errors end (RFC 9293 3.9.2.2, RFC 5461).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HardErrors {
    /// Every connection (SHLD-26).
    Abort,
    /// A connection that is not established yet; to an established one they are soft (RFC 5461 section 4).
    AbortOpening,
    /// None: all are soft.
    Soft,
}

/// R78: what becomes of ICMP's soft errors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SoftErrors {
    /// The user is told; a connect that then gives up says what was not reached.
    Told,
    /// Nothing.
    Ignored,
}

/// R42: text or FIN that comes with the SYN of a new connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TextOnSyn {
    /// Kept until the connection is established (RFC 9293 3.10.7.2).
    Queued,
    /// Left to the peer's retransmission.
    Dropped,
}

/// R43: what takes a place in the backlog.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Backlog {
    /// Connections that wait for accept, and those whose handshake is under way.
    CountsHalfOpen,
    /// Connections that wait for accept.
    CountsCompleted,
}

/// R50: the window announced after the peer's FIN.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WindowAfterFin {
    /// As before: a FIN takes no room in the buffer.
    Kept,
    /// One less: its right edge stays where it was.
    LessOne,
}

/// R49: so many ACKs in that time, for each connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AckThrottle {
    /// How many.
    pub count: u32,
    /// In which time.
    pub per: Duration,
}

/// R23, R29: what follows a RST that refuses a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RefusedRetries {
    /// How often the SYN is sent again.
    pub count: u8,
    /// How long after each RST.
    pub after: Duration,
}

/// max_r2 (RFC 9293 3.8.3): when retransmission gives up; whichever limit is met first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MaxR2 {
    /// Retransmissions of one segment; the timeout after the last one ends the connection. None: no such limit.
    pub retransmissions: Option<u8>,
    /// Time since the segment was first sent. None: no such limit.
    pub time: Option<Duration>,
}

/// R45: the initial congestion window.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum InitialWindow {
    /// RFC 5681 section 3.1: two to four segments by their size.
    Rfc5681,
    /// RFC 6928: ten segments, at most the larger of two segments and 14,600 bytes.
    Rfc6928,
}

impl InitialWindow {
    /// The window in bytes for an effective send MSS of `smss` bytes.
    #[must_use]
    pub const fn bytes(self, smss: u32) -> u32 {
        match self {
            Self::Rfc5681 if smss > 2190 => 2 * smss,
            Self::Rfc5681 if smss > 1095 => 3 * smss,
            Self::Rfc5681 => 4 * smss,
            Self::Rfc6928 => {
                let cap = if 2 * smss > 14_600 { 2 * smss } else { 14_600 };
                if 10 * smss < cap { 10 * smss } else { cap }
            }
        }
    }
}

impl Profile {
    /// The `closesocket` page to the letter; where it is silent, RFC 9293. Never a field report.
    pub const DOCUMENTED: Self = Self {
        name: "documented",
        nonblocking_linger: NonblockingLinger::WouldBlockIfUnsent,
        linger_wake: LingerWake::DataAcknowledged,
        dontlinger: DontLinger::TrueIsOff,
        dontlinger_seconds: 120,
        close_with_unread: UnsafeClose::Reset,
        close_with_receive_pending: UnsafeClose::LingerTable,
        data_after_close: DataAfterClose::ResetAsIfAbsent,
        rst_discards_unread: true,
        reset_after_fin: ResetCode::ConnReset,
        recv_shut_and_reset: ShutAndReset::Reset,
        fd_close_reset: ResetCode::ConnReset,
        fd_close: FdClose::AfterRead,
        event_arrivals: Arrivals::OnceUntilReenabled,
        close_one_of_many: CloseOneOfMany::CancelsCalls,
        timeout_slack: Duration::ZERO,
        give_up: GiveUpCode::TimedOut,
        so_error: SoError::WhatEnded,
        reset_in_accept_queue: ResetInAcceptQueue::AcceptFails,
        close_in_syn_received: CloseInSynReceived::Fin,
        abort_flags: AbortFlags::RstAck,
        rst_in_window: RstInWindow::ChallengeAck,
        syn_in_window: SynInWindow::ChallengeAck,
        syn_in_syn_received: SynInSynReceived::ChallengeAck,
        syn_ack_in_window: SynAckInWindow::AsSyn,
        syn_in_time_wait: SynInTimeWait::AcceptIfGreater,
        rst_in_time_wait: RstInTimeWait::Closes,
        time_wait_answers: TimeWaitAnswers::Outside,
        no_connection: Unwelcome::Reset,
        backlog_full: Unwelcome::Reset,
        listener_gone: ListenerGone::AbortsLater,
        bare_rst_ack: BareRstAck::Zero,
        text_on_syn: TextOnSyn::Queued,
        backlog: Backlog::CountsHalfOpen,
        ack_throttle: AckThrottle { count: 10, per: Duration::from_secs(5) },
        old_ack: OldAck::Taken,
        window_scaling: WindowScaling::ForBuffer,
        sack: Offer::Yes,
        timestamps: Offer::IfOffered,
        refused_retries: RefusedRetries { count: 0, after: Duration::ZERO },
        hard_errors: HardErrors::Abort,
        soft_errors: SoftErrors::Told,
        path_mtu_discovery: true,
        min_path_mtu: 68,
        give_up_sends_rst: false,
        time_wait: Duration::from_secs(240),
        fin_wait_2: Some(Duration::from_secs(120)),
        initial_rto: Duration::from_secs(1),
        min_rto: Duration::from_secs(1),
        max_rto: Duration::from_secs(60),
        rto_after_syn_loss: Duration::from_secs(3),
        max_r1: 3,
        data_max_r2: MaxR2 { retransmissions: None, time: Some(Duration::from_secs(100)) },
        syn_max_r2: MaxR2 { retransmissions: None, time: Some(Duration::from_secs(180)) },
        delayed_ack: DelayedAck { segments: 1, time: Duration::from_millis(200) },
        keep_alive: KeepAlive {
            idle: Duration::from_secs(7200),
            interval: Duration::from_secs(1),
            probes: 10,
        },
        keep_alive_sends_rst: true,
        congestion_control: CongestionControl::NewReno,
        slow_start_segments: 1,
        initial_window: InitialWindow::Rfc5681,
        window_after_fin: WindowAfterFin::Kept,
        window_update_segments: 2,
        send_buffer: 65_536,
        receive_buffer: 65_536,
        ephemeral_ports: 49_152..=65_535,
        max_connections: 16_777_214,
        recycle_time_wait: false,
        max_backlog: 0x7fff_ffff,
    };

    /// What real Windows is seen to do; the page or the RFC where nothing better is known. The default.
    pub const WINDOWS: Self = Self {
        name: "windows",
        linger_wake: LingerWake::FinAcknowledged,
        close_with_receive_pending: UnsafeClose::Reset,
        data_after_close: DataAfterClose::ResetAcknowledging,
        reset_after_fin: ResetCode::ConnAborted,
        recv_shut_and_reset: ShutAndReset::Shutdown,
        fd_close_reset: ResetCode::ConnAborted,
        fd_close: FdClose::AtOnce,
        event_arrivals: Arrivals::Each,
        close_one_of_many: CloseOneOfMany::LeavesCalls,
        give_up: GiveUpCode::ConnAborted,
        so_error: SoError::ConnectOnly,
        reset_in_accept_queue: ResetInAcceptQueue::FirstRecvFails,
        close_in_syn_received: CloseInSynReceived::BareReset,
        syn_in_time_wait: SynInTimeWait::AcceptFromRcvNxt,
        text_on_syn: TextOnSyn::Dropped,
        old_ack: OldAck::ChallengeAck,
        window_scaling: WindowScaling::Shift(8),
        timestamps: Offer::No,
        refused_retries: RefusedRetries { count: 3, after: Duration::from_millis(500) },
        time_wait: Duration::from_secs(120),
        min_rto: Duration::from_millis(300),
        data_max_r2: MaxR2 { retransmissions: Some(5), time: None },
        syn_max_r2: MaxR2 { retransmissions: Some(4), time: Some(Duration::from_secs(21)) },
        delayed_ack: DelayedAck { segments: 2, ..Self::DOCUMENTED.delayed_ack },
        congestion_control: CongestionControl::Cubic,
        slow_start_segments: 2,
        initial_window: InitialWindow::Rfc6928,
        recycle_time_wait: true,
        hard_errors: HardErrors::AbortOpening,
        min_path_mtu: 576,
        ..Self::DOCUMENTED
    };

    /// [`Profile::WINDOWS`], plus what only Windows 8 was seen to do, from outside, behind its firewall: P.
    /// Fiterau-Brostean, R. Janssen, F. Vaandrager, "Combining Model Learning and Model Checking to Analyze TCP
    /// Implementations", CAV 2016.
    pub const WIN8_CAV2016: Self = Self {
        name: "win8-cav2016",
        syn_in_window: SynInWindow::ResetsAsIfAbsent,
        syn_in_syn_received: SynInSynReceived::ResetsAsIfAbsent,
        syn_ack_in_window: SynAckInWindow::Resets,
        no_connection: Unwelcome::Silent,
        backlog_full: Unwelcome::Silent,
        listener_gone: ListenerGone::BareResetLater,
        bare_rst_ack: BareRstAck::Filled,
        delayed_ack: Self::DOCUMENTED.delayed_ack,
        ..Self::WINDOWS
    };

    /// RFC 9293 with its SHOULDs; Winsock calls otherwise as in [`Profile::DOCUMENTED`].
    pub const RFC9293: Self = Self {
        name: "rfc9293",
        syn_in_syn_received: SynInSynReceived::ReturnToListen,
        time_wait_answers: TimeWaitAnswers::All,
        fin_wait_2: None,
        delayed_ack: Self::WINDOWS.delayed_ack,
        ..Self::DOCUMENTED
    };

    /// Every profile, the default first.
    pub const ALL: [&'static Self; 4] =
        [&Self::WINDOWS, &Self::DOCUMENTED, &Self::RFC9293, &Self::WIN8_CAV2016];

    /// The profile of that name, in whatever case.
    ///
    /// ```
    /// use closewait::profile::Profile;
    /// assert_eq!(Profile::by_name("documented"), Some(&Profile::DOCUMENTED));
    /// assert_eq!(Profile::by_name("WINDOWS"), Some(&Profile::WINDOWS));
    /// assert_eq!(Profile::by_name("win8-cav2016"), Some(&Profile::WIN8_CAV2016));
    /// assert_eq!(Profile::by_name("minix"), None);
    /// ```
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::WINDOWS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_window_follows_the_tables_of_the_rfcs() {
        // RFC 5681 section 3.1.
        for (smss, iw) in [(536, 2144), (1095, 4380), (1096, 3288), (2190, 6570), (2191, 4382)] {
            assert_eq!(InitialWindow::Rfc5681.bytes(smss), iw, "smss {smss}");
        }
        // RFC 6928 section 2: min(10 * MSS, max(2 * MSS, 14600)).
        for (smss, iw) in [(536, 5360), (1460, 14_600), (1461, 14_600), (8960, 17_920)] {
            assert_eq!(InitialWindow::Rfc6928.bytes(smss), iw, "smss {smss}");
        }
    }
}
