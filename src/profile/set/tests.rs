use super::*;
use alloc::format;
use alloc::vec;

/// `row!(field, "text", value)`: the field's name, a text, and DOCUMENTED with that field set by hand.
macro_rules! row {
    ($field:ident $(. $sub:ident)?, $text:literal, $value:expr) => {{
        let mut profile = Profile::DOCUMENTED;
        profile.$field$(.$sub)? = $value;
        (concat!(stringify!($field) $(, ".", stringify!($sub))?), $text, profile)
    }};
}

/// A text for each field, and what it makes of DOCUMENTED.
fn rows() -> Vec<(&'static str, &'static str, Profile)> {
    vec![
        row!(nonblocking_linger, "always_would_block", NonblockingLinger::AlwaysWouldBlock),
        row!(linger_wake, "peer_fin", LingerWake::PeerFin),
        row!(dontlinger, "true_is_on", DontLinger::TrueIsOn),
        row!(dontlinger_seconds, "7", 7),
        row!(close_with_unread, "linger_table", UnsafeClose::LingerTable),
        row!(close_with_receive_pending, "reset", UnsafeClose::Reset),
        row!(data_after_close, "reset_acknowledging", DataAfterClose::ResetAcknowledging),
        row!(rst_discards_unread, "false", false),
        row!(reset_after_fin, "conn_aborted", ResetCode::ConnAborted),
        row!(recv_shut_and_reset, "shutdown", ShutAndReset::Shutdown),
        row!(fd_close_reset, "conn_aborted", ResetCode::ConnAborted),
        row!(fd_close, "at_once", FdClose::AtOnce),
        row!(event_arrivals, "each", Arrivals::Each),
        row!(close_one_of_many, "leaves_calls", CloseOneOfMany::LeavesCalls),
        row!(timeout_slack, "500ms", Duration::from_millis(500)),
        row!(give_up, "conn_aborted", GiveUpCode::ConnAborted),
        row!(so_error, "connect_only", SoError::ConnectOnly),
        row!(reset_in_accept_queue, "first_recv_fails", ResetInAcceptQueue::FirstRecvFails),
        row!(close_in_syn_received, "bare_reset", CloseInSynReceived::BareReset),
        row!(abort_flags, "rst", AbortFlags::Rst),
        row!(rst_in_window, "resets", RstInWindow::Resets),
        row!(syn_in_window, "resets", SynInWindow::Resets),
        row!(syn_in_syn_received, "return_to_listen", SynInSynReceived::ReturnToListen),
        row!(syn_ack_in_window, "resets", SynAckInWindow::Resets),
        row!(syn_in_time_wait, "accept_from_rcv_nxt", SynInTimeWait::AcceptFromRcvNxt),
        row!(rst_in_time_wait, "ignored", RstInTimeWait::Ignored),
        row!(time_wait_answers, "all", TimeWaitAnswers::All),
        row!(no_connection, "silent", Unwelcome::Silent),
        row!(backlog_full, "silent", Unwelcome::Silent),
        row!(listener_gone, "forgotten_at_once", ListenerGone::ForgottenAtOnce),
        row!(bare_rst_ack, "filled", BareRstAck::Filled),
        row!(text_on_syn, "dropped", TextOnSyn::Dropped),
        row!(backlog, "counts_completed", Backlog::CountsCompleted),
        row!(ack_throttle.count, "3", 3),
        row!(ack_throttle.per, "250us", Duration::from_micros(250)),
        row!(old_ack, "challenge_ack", OldAck::ChallengeAck),
        row!(window_scaling, "7", WindowScaling::Shift(7)),
        row!(sack, "no", Offer::No),
        row!(timestamps, "yes", Offer::Yes),
        row!(refused_retries.count, "255", 255),
        row!(refused_retries.after, "0.25s", Duration::from_millis(250)),
        row!(hard_errors, "abort_opening", HardErrors::AbortOpening),
        row!(soft_errors, "ignored", SoftErrors::Ignored),
        row!(path_mtu_discovery, "false", false),
        row!(min_path_mtu, "576", 576),
        row!(give_up_sends_rst, "true", true),
        row!(time_wait, "30s", Duration::from_secs(30)),
        row!(fin_wait_2, "none", None),
        row!(initial_rto, "3s", Duration::from_secs(3)),
        row!(min_rto, "200ms", Duration::from_millis(200)),
        row!(max_rto, "2m", Duration::from_secs(120)),
        row!(rto_after_syn_loss, "4s", Duration::from_secs(4)),
        row!(max_r1, "5", 5),
        row!(data_max_r2.retransmissions, "5", Some(5)),
        row!(data_max_r2.time, "none", None),
        row!(syn_max_r2.retransmissions, "0", Some(0)),
        row!(syn_max_r2.time, "21s", Some(Duration::from_secs(21))),
        row!(delayed_ack.segments, "2", 2),
        row!(delayed_ack.time, "0.5s", Duration::from_millis(500)),
        row!(keep_alive.idle, "75s", Duration::from_secs(75)),
        row!(keep_alive.interval, "10s", Duration::from_secs(10)),
        row!(keep_alive.probes, "5", 5),
        row!(keep_alive_sends_rst, "false", false),
        row!(congestion_control, "cubic", CongestionControl::Cubic),
        row!(slow_start_segments, "4", 4),
        row!(initial_window, "rfc6928", InitialWindow::Rfc6928),
        row!(window_after_fin, "less_one", WindowAfterFin::LessOne),
        row!(window_update_segments, "1", 1),
        row!(send_buffer, "0", 0),
        row!(receive_buffer, "4294967295", u32::MAX),
        row!(ephemeral_ports, "1025-1025", 1025..=1025),
        row!(max_connections, "9", 9),
        row!(recycle_time_wait, "true", true),
        row!(max_backlog, "5", 5),
    ]
}

/// Fails if a field's setting is left out of `settings`, or sets another field.
#[test]
fn every_field_is_set_by_its_name_and_no_other_is() {
    let rows = rows();
    let names: Vec<_> = rows.iter().map(|(name, _, _)| *name).collect();
    let all: Vec<_> = Profile::DOCUMENTED.clone().settings().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, all, "a row for each field, in the order of Profile");
    for (field, text, by_hand) in rows {
        assert_ne!(by_hand, Profile::DOCUMENTED, "{field}={text} says something");
        let mut profile = Profile::DOCUMENTED;
        assert_eq!(profile.set(field, text), Ok(()), "{field}={text}");
        assert_eq!(profile, by_hand, "{field}={text}");
        // What differs is that field, and its value spells it.
        let differences = profile.differences(&Profile::DOCUMENTED);
        let [(name, spelled)] = &differences[..] else { panic!("one field differs: {differences:?}") };
        assert_eq!(*name, field);
        let mut again = Profile::DOCUMENTED;
        assert_eq!(again.set(name, spelled), Ok(()), "{field}={spelled}");
        assert_eq!(again, by_hand, "{field}={spelled}");
        let mut shouted = Profile::DOCUMENTED;
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            assert_eq!(shouted.set(field, &text.to_uppercase()), Ok(()), "{field}={text} in capitals");
            assert_eq!(shouted, by_hand);
        }
    }
}

/// Each variant is the one that its name says: the name is the variant's own, in snake_case.
#[test]
fn a_variant_is_spelled_as_it_is_written() {
    fn check<T: Spelled + core::fmt::Debug>() -> usize {
        let plain = |text: &str| text.replace('_', "").to_lowercase();
        for name in T::wants() {
            let value = T::spelled(name).expect(name);
            assert_eq!(plain(&format!("{value:?}")), plain(name));
        }
        T::wants().len()
    }
    let counts = [
        check::<NonblockingLinger>(),
        check::<LingerWake>(),
        check::<DontLinger>(),
        check::<UnsafeClose>(),
        check::<DataAfterClose>(),
        check::<ResetCode>(),
        check::<ShutAndReset>(),
        check::<GiveUpCode>(),
        check::<SoError>(),
        check::<ResetInAcceptQueue>(),
        check::<CloseInSynReceived>(),
        check::<AbortFlags>(),
        check::<RstInWindow>(),
        check::<SynInWindow>(),
        check::<SynInSynReceived>(),
        check::<SynAckInWindow>(),
        check::<SynInTimeWait>(),
        check::<RstInTimeWait>(),
        check::<TimeWaitAnswers>(),
        check::<Unwelcome>(),
        check::<ListenerGone>(),
        check::<BareRstAck>(),
        check::<TextOnSyn>(),
        check::<Backlog>(),
        check::<WindowAfterFin>(),
        check::<Offer>(),
        check::<CongestionControl>(),
        check::<InitialWindow>(),
    ];
    assert_eq!(counts, [2, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2, 3, 2, 2]);
}

#[test]
fn what_is_no_value_is_refused_with_what_would_do_and_changes_nothing() {
    for (field, value, said) in [
        ("time_wait", "30", "time_wait=30: a time such as 30s or 0.5ms would do"),
        ("time_wait", "none", "time_wait=none: a time such as 30s or 0.5ms would do"),
        ("time_wait", "-1s", "time_wait=-1s: a time such as 30s or 0.5ms would do"),
        ("fin_wait_2", "never", "fin_wait_2=never: a time such as 30s or 0.5ms or none would do"),
        ("rst_discards_unread", "1", "rst_discards_unread=1: true or false would do"),
        ("linger_wake", "fin", "linger_wake=fin: data_acknowledged or fin_acknowledged or peer_fin would do"),
        ("linger_wake", "", "linger_wake=: data_acknowledged or fin_acknowledged or peer_fin would do"),
        ("refused_retries.count", "256", "refused_retries.count=256: a number from 0 to 255 would do"),
        ("dontlinger_seconds", "65536", "dontlinger_seconds=65536: a number from 0 to 65535 would do"),
        ("send_buffer", "64k", "send_buffer=64k: a number from 0 to 4294967295 would do"),
    ] {
        let mut profile = Profile::DOCUMENTED;
        let error = profile.set(field, value).expect_err(value);
        assert_eq!(error.to_string(), said);
        assert_eq!(profile, Profile::DOCUMENTED, "{field}={value}");
    }
    for ports in ["0-9", "9-8", "9", "9-", "-9", "1-65536", "1..9"] {
        let error = Profile::DOCUMENTED.clone().set("ephemeral_ports", ports).expect_err(ports);
        assert!(matches!(error, SetError::Value { field: "ephemeral_ports", .. }), "{ports}: {error}");
    }
}

#[test]
fn an_unknown_field_is_answered_with_all_fields() {
    // A field with parts is set by its parts, and a name is not a setting.
    for field in ["time_weight", "name", "ack_throttle", "ack_throttle.", "TIME_WAIT", ""] {
        let error = Profile::DOCUMENTED.clone().set(field, "30s").expect_err(field);
        let said = error.to_string();
        assert!(
            said.starts_with(&format!("a profile has no field {field} to set: nonblocking_linger, ")),
            "{said}"
        );
        assert!(
            said.contains(", ack_throttle.count, ack_throttle.per, ") && said.ends_with(", max_backlog"),
            "{said}"
        );
    }
}
