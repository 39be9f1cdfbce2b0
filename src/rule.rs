//! Rules: the named reason of everything that happens. Each segment, return, notification, timer and state
//! change carries the [`Rule`] that caused it; a rule knows where it comes from.

use core::fmt;

macro_rules! rules {
    ($($name:ident $id:literal [$source:literal] $text:literal;)*) => {
        /// Why something happened.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Rule {
            $(#[doc = concat!($text, " (", $source, ")")] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of this page.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name that traces show.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Where it comes from: clauses (CS-…), rulings (R…), facts (WF-…), requirements (TR-…), sections.
            #[must_use]
            pub const fn source(self) -> &'static str {
                match self { $(Self::$name => $source,)* }
            }

            /// What it says, in a sentence.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

rules! {
    // The calls of RFC 9293 section 3.10.
    ActiveOpen "active-open" ["RFC 9293 3.10.1"] "OPEN (active) sends a SYN.";
    SendCall "send" ["RFC 9293 3.10.2"] "SEND: text leaves as the window, Nagle and congestion control allow.";
    UrgentNotice "urgent-notice" ["RFC 9293 3.8.5, RFC 6093"] "SEND of urgent text that may not leave yet: the peer hears that it is coming.";
    WindowUpdate "window-update" ["RFC 9293 3.10.3, TR-55, R47"] "RECEIVE made room for two segments or half the buffer: the window is announced.";
    CloseCall "close" ["RFC 9293 3.10.4, TR-E9"] "CLOSE: FIN follows the last of the queued text.";
    CloseInSynReceived "close-syn-received" ["RFC 9293 3.10.4, R24"] "CLOSE in SYN-RECEIVED that an active open led to.";
    CloseInSynSent "close-syn-sent" ["RFC 9293 3.10.4, R24"] "CLOSE in SYN-SENT deletes the connection; nothing is sent.";
    AbortCall "abort" ["RFC 9293 3.10.5, TR-E10, R27"] "ABORT sends a RST and deletes the connection.";
    AbortSilent "abort-silent" ["RFC 9293 3.10.5, TR-E10, R28"] "ABORT in SYN-SENT, CLOSING, LAST-ACK and TIME-WAIT sends nothing.";

    // SEGMENT ARRIVES, RFC 9293 section 3.10.7.
    NoConnection "no-connection" ["RFC 9293 3.10.7.1, TR-E1, R17"] "A segment for no connection is answered by a RST.";
    NoConnectionSilent "no-connection-silent" ["R17"] "The firewall hides closed ports, and open ones from all but a SYN: no answer.";
    NoConnectionRst "no-connection-rst" ["RFC 9293 3.10.7.1, TR-E1"] "A RST for no connection is dropped.";
    ListenIgnoresRst "listen-rst" ["RFC 9293 3.10.7.2, TR-E5"] "LISTEN ignores a RST.";
    ListenRefusesAck "listen-ack" ["RFC 9293 3.10.7.2, TR-E2, R17"] "An ACK to LISTEN is answered by a RST.";
    ListenSyn "listen-syn" ["RFC 9293 3.10.7.2"] "A SYN to LISTEN is answered by SYN+ACK.";
    ListenDrops "listen-drop" ["RFC 9293 3.10.7.2"] "LISTEN drops a segment without SYN, ACK or RST.";
    BacklogFull "backlog-full" ["R22, R43, WF-10.14"] "A SYN that finds the backlog full is refused by a RST.";
    BacklogFullSilent "backlog-full-silent" ["R22"] "A SYN that finds the backlog full is not answered.";
    AcceptPaused "accept-paused" ["WF-10.15"] "A SYN for a listener with SO_PAUSE_ACCEPT is refused.";
    NetworkFailed "network-failed" ["CS-A3"] "The network subsystem has failed: calls fail, packets are lost.";
    NotForThisHost "not-for-this-host" ["RFC 1122 3.2.1.3, RFC 9293 3.9.2.3"] "A packet for an address that is not this host's is dropped.";
    NotUnicast "not-unicast" ["RFC 9293 3.9.2.3, TR-18, TR-19"] "A segment from or to an address that is not unicast is dropped.";
    OwnSource "own-source" ["RFC 9293 3.9.2.3, MUST-63, TR-19"] "LISTEN drops a SYN whose source is its own destination.";
    UnacceptableAckOpening "opening-bad-ack" ["RFC 9293 3.10.7.3, 3.10.7.4, TR-E2"] "While opening, an ACK of what was not sent is answered by a RST.";
    SynSentDrops "syn-sent-drop" ["RFC 9293 3.10.7.3, TR-E5"] "SYN-SENT drops what neither acknowledges its SYN nor carries one.";
    Refused "refused" ["RFC 9293 3.10.7.3, TR-E5, R23"] "A RST that acknowledges our SYN refuses the connection.";
    RefusedRetry "refused-retry" ["R23, R29, WF-10.4"] "The SYN is sent again a while after a RST refused it.";
    SynAck "syn-ack" ["RFC 9293 3.10.7.3"] "SYN+ACK acknowledges our SYN: ESTABLISHED.";
    SimultaneousOpen "simultaneous-open" ["RFC 9293 3.5, 3.10.7.3, TR-10"] "Both SYNs crossed: SYN-RECEIVED.";
    HandshakeDone "handshake-done" ["RFC 9293 3.10.7.4"] "The ACK of our SYN: ESTABLISHED.";
    Unacceptable "unacceptable" ["RFC 9293 3.10.7.4 first, TR-E3"] "A segment outside the window is answered by an ACK.";
    UnacceptableRst "unacceptable-rst" ["RFC 9293 3.10.7.4 first, TR-C12"] "A RST outside the window is dropped.";
    Paws "paws" ["RFC 7323 5.3, TR-C56"] "A segment whose timestamp is older than the last one is answered by an ACK.";
    NoTimestamp "no-timestamp" ["RFC 7323 3.2"] "A segment without the timestamp that was agreed on is dropped.";
    RstChallenge "rst-challenge" ["RFC 9293 3.10.7.4 second, TR-E6, TR-C11"] "A RST in the window, but not at RCV.NXT, is answered by a challenge ACK.";
    RstReceived "rst-received" ["RFC 9293 3.10.7.4 second, TR-E7"] "A RST at RCV.NXT resets the connection.";
    RstToListen "rst-to-listen" ["RFC 9293 3.10.7.4 second, TR-E5"] "A RST in SYN-RECEIVED of a passive open: back to LISTEN.";
    RstTimeWaitIgnored "rst-time-wait" ["RFC 1337 F1, R26"] "A RST does not end TIME-WAIT.";
    SynChallenge "syn-challenge" ["RFC 9293 3.10.7.4 fourth, TR-E8, R16"] "A SYN in a synchronized state is answered by a challenge ACK.";
    SynToListen "syn-to-listen" ["RFC 9293 3.10.7.4 fourth, R16"] "A SYN in SYN-RECEIVED of a passive open: back to LISTEN.";
    TimeWaitAnswer "time-wait-answer" ["RFC 9293 3.10.7.4 fifth, R64"] "TIME-WAIT acknowledges what arrives.";
    SynError "syn-error" ["RFC 9293 3.10.7.4 fourth, R16, R52"] "A SYN in the window is an error: RST, the connection is reset.";
    SynAckError "syn-ack-error" ["R16b"] "A SYN+ACK in the window is an error: RST, the connection is reset, TIME-WAIT stays.";
    SynAckIgnored "syn-ack-ignored" ["R16b"] "SYN-RECEIVED of a passive open drops a SYN+ACK.";
    TimeWaitReopened "time-wait-reopened" ["RFC 9293 3.10.7.4 fourth, MAY-2, R16c"] "A new SYN in TIME-WAIT: the old connection makes room.";
    TimeWaitReturned "time-wait-returned" ["RFC 9293 3.6.1, MAY-2, R16c"] "The SYN that ended TIME-WAIT was an old duplicate: TIME-WAIT goes on.";
    TimeWaitOldSyn "time-wait-old-syn" ["RFC 6191 2, RFC 9293 3.10.7.4 first, TR-C21"] "TIME-WAIT drops a SYN whose timestamp is the old connection's.";
    AckThrottled "ack-throttled" ["RFC 5961 7, TR-C15, R49"] "So many ACKs left for nothing lately that this one does not.";
    NoAckBit "no-ack-bit" ["RFC 9293 3.10.7.4 fifth"] "A segment without the ACK bit is dropped.";
    AckReceived "ack" ["RFC 9293 3.10.7.4 fifth"] "An ACK advances SND.UNA.";
    AckOfUnsent "ack-of-unsent" ["RFC 9293 3.10.7.4 fifth"] "An ACK of what was not yet sent is answered by an ACK.";
    OldAck "old-ack" ["RFC 5961 5.2, RFC 9293 3.10.7.4 fifth, TR-9, TR-C14, R72"] "An ACK older than any that the peer may still send is answered by an ACK, and its segment dropped.";
    FinAcked "fin-acked" ["RFC 9293 3.10.7.4 fifth, TR-E13"] "Our FIN is acknowledged.";
    TextAccepted "text" ["RFC 9293 3.10.7.4 seventh"] "Text in order is delivered and acknowledged.";
    UrgentReceived "urgent" ["RFC 9293 3.10.7.4 sixth, 3.8.5, TR-93 to TR-97, R71"] "The urgent pointer moves forward: the user hears of it.";
    OutOfOrder "out-of-order" ["RFC 9293 3.10.7.4 seventh, TR-67, TR-C41"] "Text past a gap is kept; the ACK names the gap.";
    DataAfterClose "data-after-close" ["RFC 9293 3.6.1, TR-4, R7"] "Data that nobody can read any more is answered by a RST.";
    DataAfterShutdown "data-after-sd-receive" ["WF-4.8, RFC 9293 3.6.1"] "Data after shutdown(SD_RECEIVE) resets the connection.";
    FinReceived "fin-received" ["RFC 9293 3.10.7.4 eighth, TR-E12"] "The peer's FIN is acknowledged; nothing more will come.";
    FinRetransmitted "fin-again" ["RFC 9293 3.10.7.4, TR-E12, R7b"] "A retransmitted FIN is acknowledged again; in TIME-WAIT 2 MSL starts anew.";

    // ICMP, RFC 9293 section 3.9.2.2.
    IcmpNoConnection "icmp-no-connection" ["RFC 9293 3.9.2.2, MUST-54"] "An ICMP message quotes nothing that this host has: it is dropped.";
    IcmpStale "icmp-stale" ["RFC 5927 4.1"] "An ICMP message quotes a segment that is not outstanding: it is dropped.";
    IcmpUnknown "icmp-unknown" ["RFC 1122 3.2.2"] "An ICMP message says nothing that TCP needs to know: it is dropped.";
    SourceQuench "source-quench" ["RFC 9293 3.9.2.2, MUST-55, RFC 6633"] "A source quench is dropped.";
    SoftError "soft-error" ["RFC 9293 3.9.2.2, MUST-56, SHLD-25, R78"] "ICMP says that something is not reached: the connection goes on, its user is told.";
    SoftErrorIgnored "soft-error-ignored" ["RFC 9293 3.9.1.8, SHLD-20, R78"] "Reports of soft errors are off.";
    IcmpFailsConnect "icmp-fails-connect" ["IPPROTO_TCP socket options, TCP_FAIL_CONNECT_ON_ICMP_ERROR"] "The first ICMP error ends the connect.";
    HardError "hard-error" ["RFC 9293 3.9.2.2, SHLD-26, R77"] "ICMP says that nothing will reach the other end: the connection is aborted.";
    PathMtu "path-mtu" ["RFC 1191 6.4, RFC 8201, R79"] "A segment was too big for the path: it is sent again in smaller ones.";
    PathMtuKnown "path-mtu-known" ["RFC 1191 6.3, R79"] "Segments are already small enough for the path that ICMP tells of.";
    PathMtuAbsurd "path-mtu-absurd" ["RFC 8201 4"] "ICMPv6 tells of a path that carries less than every link does: it is dropped.";

    // UDP.
    DatagramSent "datagram" ["RFC 768"] "sendto: a datagram leaves.";
    NobodyAtPort "nobody-at-port" ["RFC 1122 4.1.3.1"] "A datagram for a port where nobody is draws port unreachable.";
    NobodyHearsBroadcast "nobody-hears-broadcast" ["RFC 1122 3.2.2"] "A datagram for everybody finds nobody at its port: nothing is said.";
    BroadcastRefused "broadcast-refused" ["Winsock 2 sendto, connect"] "Without SO_BROADCAST no datagram goes to everybody.";
    DatagramsFull "datagrams-full" ["R81"] "The receive buffer is full: the datagram is dropped.";

    // Timers, RFC 9293 section 3.10.8, RFC 6298.
    Retransmission "retransmission" ["RFC 6298 5.4 to 5.6, RFC 9293 3.10.8"] "The retransmission timer: the first unacknowledged segment is sent again.";
    FastRetransmit "fast-retransmit" ["RFC 5681 3.2, RFC 6582, RFC 6675, TR-C38"] "The third duplicate ACK: the first unacknowledged segment is taken for lost and sent again.";
    PartialAck "partial-ack" ["RFC 6582 3.2, TR-C44"] "An ACK of part of what was in flight at the loss: the next segment is lost, too.";
    HoleResent "hole-resent" ["RFC 6675 5, TR-C48, TR-C49"] "What SACK does not cover is sent again, as the pipe allows.";
    Rescue "rescue" ["RFC 6675 4, NextSeg rule 4"] "Nothing else may be sent in recovery: once, the last segment that the peer does not have.";
    LimitedTransmit "limited-transmit" ["RFC 3042, RFC 5681 3.2"] "Each of the first two duplicate ACKs lets a new segment leave.";
    GoBack "recovery" ["RFC 5681 3.1"] "After a timeout what followed the lost segment is sent again, in slow start.";
    MaxR1 "max-r1" ["RFC 9293 3.8.3, TR-77, TR-79, TR-80, R70"] "Retransmission has reached max_r1: the user hears of it.";
    GaveUp "gave-up" ["RFC 9293 3.8.3, TR-77, WF-10.8"] "Retransmission gave up at max_r2.";
    SynGaveUp "syn-gave-up" ["RFC 9293 3.8.3, TR-82, WF-10.2, R44"] "The SYN was not answered until max_r2.";
    ZeroWindowProbe "zero-window-probe" ["RFC 9293 3.8.6.1, TR-48 to TR-51"] "The persist timer: one octet is sent into a closed window.";
    SwsOverride "sws-override" ["RFC 9293 3.8.6.2.1"] "The override timer: what silly-window avoidance held back is sent.";
    DelayedAck "delayed-ack" ["RFC 9293 3.8.6.3, TR-69, TR-70, WF-10.10, R65"] "The ACK that waited for something to travel with leaves by itself.";
    KeepAliveProbe "keep-alive" ["RFC 9293 3.8.4, TR-84 to TR-92, WF-10.11, R67"] "Nothing was heard for long: a segment below the window asks whether the peer is there.";
    KeepAliveFailed "keep-alive-failed" ["RFC 9293 3.8.4, TR-90, WF-10.11, R68"] "No keep-alive probe was answered.";
    TimeWaitOver "time-wait-over" ["RFC 9293 3.10.8, TR-2, R12"] "2 MSL have passed.";
    TimeWaitRecycled "time-wait-recycled" ["R76, WF-9.3"] "The host has its most connections: the oldest TIME-WAIT ends early.";
    TableFull "table-full" ["R75"] "A SYN finds the host with its most connections: it is dropped.";
    FinWait2Over "fin-wait-2-over" ["R36, WF-10.13"] "An orphan waited in FIN-WAIT-2 long enough.";
    CloseExpired "close-expired" ["CS-E8, R2, RFC 9293 3.9.1.4, TR-E11"] "The time given to CLOSE is over with text unacknowledged: it becomes an ABORT.";
    CloseExpiredIdle "close-expired-idle" ["R2, CS-E7"] "The time given to CLOSE is over with no text unacknowledged: the close goes on.";

    // What is no simulated host.
    Outside "outside" ["no rule of this stack"] "Another stack, or a script that plays the wire, sent it.";

    // Listening sockets.
    ListenerClosed "listener-closed" ["R21"] "closesocket on a listening socket resets connections that were not accepted.";
    ListenerGone "listener-gone" ["R21"] "The handshake completes for a listener that was closed: RST.";
    ListenerForgot "listener-forgot" ["R21"] "A listener that closes forgets the handshakes that are under way.";

    // closesocket's disposition.
    NotLastReference "not-last-reference" ["CS-B2"] "Another descriptor remains: the connection is left alone.";
    NoConnectionToClose "nothing-to-close" ["CS-B3"] "No connection: only the handle and the binding are released.";
    CloseListening "close-listening" ["R21, R38"] "A listening socket closes at once.";
    CloseOpening "close-opening" ["R24, R38"] "A connection that is still opening is closed at once.";
    HardClose "hard-close" ["CS-D2, CS-E4, CS-E11"] "l_onoff nonzero, l_linger zero: RST at once, unsent data lost, no TIME_WAIT.";
    HardCloseLate "hard-close-late" ["R28"] "A hard close in CLOSING, LAST_ACK or TIME_WAIT sends no segment.";
    UnreadData "unread-data" ["R4, RFC 9293 3.6.1 SHLD-3"] "Received data is unread: RST, whatever the linger option.";
    ReceivePending "receive-pending" ["R5, WF-3.16"] "A receive is pending: RST, whatever the linger option.";
    GracefulClose "graceful-close" ["CS-D1, CS-E1, CS-E2"] "l_onoff zero: returns at once; queued data and FIN follow in the background.";
    GracefulNonblocking "graceful-nonblocking" ["CS-E10, R1"] "Nonblocking, nothing unacknowledged: completes at once, gracefully.";
    CloseWouldBlock "close-would-block" ["CS-A7, CS-E10, R1"] "Nonblocking with a timeout and data unacknowledged: WSAEWOULDBLOCK, nothing is initiated.";
    LingeringClose "lingering-close" ["CS-D3, CS-E6"] "Blocking with a timeout: waits until the data is acknowledged or the time is over.";
    LingerDone "linger-done" ["CS-E7, R2"] "What the lingering close waited for was acknowledged in time.";
    LingerExpired "linger-expired" ["CS-E8, CS-E9, R2"] "The linger timeout is over: 0 all the same.";
    LingerAborted "linger-aborted" ["CS-E9"] "The connection ended while closesocket lingered: 0 all the same.";
    AlreadyEnded "already-ended" ["CS-B3"] "The connection had ended before.";

    // Winsock calls.
    Completed "completed" ["Winsock 2"] "The call could be completed.";
    CallFailed "call-failed" ["Winsock 2"] "The call failed for the reason its code names.";
    NameTaken "name-taken" ["R75, WF-9.6, WF-9.7"] "connect finds its four-tuple taken, by TIME_WAIT perhaps: Windows logs event 4227 then.";
    NotInitialised "not-initialised" ["CS-A2"] "No successful WSAStartup is outstanding.";
    NotSocket "not-socket" ["CS-A4, CS-B1"] "The handle names no socket of this process.";
    WouldBlock "would-block" ["Winsock 2, ioctlsocket FIONBIO"] "The socket is nonblocking and the call cannot be completed now.";
    Cancelled "cancelled" ["CS-B4, R13"] "Another thread closed the socket: WSAEINTR.";
    DataArrived "data" ["Winsock 2 recv"] "Data was there to be read.";
    DatagramRefused "datagram-refused" ["R80, WF section 12"] "Nobody was at the port that an earlier datagram was for.";
    EndOfStream "end-of-stream" ["WF-3.1"] "The peer closed its sending side and everything was read: 0.";
    ConnectionReset "connection-reset" ["CS-E5, R8, R11, WF-3.5"] "The peer reset the connection.";
    ConnectionTimedOut "connection-timed-out" ["R14"] "Retransmission had given up.";
    UnreachableForGood "unreachable-for-good" ["R77"] "ICMP had said that nothing would reach the other end.";
    ConnectionLost "connection-lost" ["R68"] "Keep-alive had found no peer.";
    ConnectionAborted "connection-aborted" ["WF-4.8"] "This end had reset the connection.";
    ShutDown "shut-down" ["WF-4.4"] "That direction was shut down.";
    Ready "ready" ["Winsock 2 select, WSAPoll"] "A socket is as the call asks.";
    TimeOver "time-over" ["WF-3.30, R35"] "The time that the call was given is over.";
    EventSignalled "event-signalled" ["Winsock 2 WSAWaitForMultipleEvents"] "The events that the call waits for are signalled.";
    ClosedWhileWaiting "closed-while-waiting" ["CS-B4, WF-5.13, WF-5.14, WF-5.15"] "A socket that select or WSAPoll waits for was closed.";
    InCallback "in-callback" ["CS-A5, WF-8.12"] "The provider is still in a callback of this thread: WSAEINPROGRESS.";
    InBlockingCall "in-blocking-call" ["CS-A5, WF-8.12"] "A call of this thread blocks: WSAEINPROGRESS.";
    HookCancelled "hook-cancelled" ["CS-A6, WF-2.16"] "WSACancelBlockingCall: the thread's blocked call fails with WSAEINTR.";
    ConditionAsked "condition-asked" ["Winsock 2 WSAAccept"] "A connection waits: the condition function is called.";
    ConditionRejected "condition-rejected" ["Winsock 2 WSAAccept, CF_REJECT"] "The condition function rejects the connection.";
    ConditionDeferred "condition-deferred" ["Winsock 2 WSAAccept, CF_DEFER"] "The condition function leaves the connection where it is.";
    NetworkEvent "network-event" ["Winsock 2 WSAEventSelect, WSAAsyncSelect, R10, R82"] "What the program asked to be told of has happened.";
    ClosedByError "closed-by-error" ["R9, WF-3.11"] "The connection ended in an error: FD_CLOSE says which.";
    HandleClosed "handle-closed" ["R40"] "CloseHandle: the socket is closed without Winsock's part in it.";
    Cleanup "cleanup" ["R18, WF-8.10"] "The last WSACleanup closes every socket without waiting.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id(), self.source())
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn ids_are_unique_and_every_rule_names_a_source() {
        let mut ids: alloc::vec::Vec<_> = Rule::ALL.iter().map(|r| r.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Rule::ALL.len());
        assert!(Rule::ALL.iter().all(|r| !r.source().is_empty() && r.text().ends_with('.')));
    }
}
