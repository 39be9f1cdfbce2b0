//! Labels that stand for what a call makes: events (`ev1`) and protocol infos (`info1`). A scenario that uses one
//! before a call returned it is wrong, whatever its host does. Overlapped structures, windows and ports are there
//! as soon as they are named.

use super::ast::{Arg, At, CallEvent, Event, Item, Label, Lane, Returned, Script, Span};
use super::report::Failure;
use std::collections::BTreeSet;

/// Every use of a label that is bound nowhere before.
pub(super) fn unbound(script: &Script) -> Vec<Failure> {
    let mut bound = BTreeSet::new();
    let mut failures = Vec::new();
    for line in &script.lines {
        let Event::Call(call) = &line.event else { continue };
        let process = match &line.lane {
            Some(At { value: Lane::Host { host, process, .. }, .. }) => Some((host.as_str(), *process)),
            Some(At { value: Lane::Net, .. }) | None => None,
        };
        // Infos are global, events belong to their process.
        let owner = |label: &Label| if label.kind == "info" { None } else { process };
        let mut used = Vec::new();
        arguments(&call.args, &mut used);
        for (label, span) in used {
            if !bound.contains(&(owner(label), label)) {
                failures.push(Failure::bad_input(span, before_it_is_bound(label)));
            }
        }
        bound.extend(returned(call).map(|label| (owner(label), label)));
    }
    failures
}

fn before_it_is_bound(label: &Label) -> String {
    let maker = if label.kind == "info" { "WSADuplicateSocket(…) = 0 " } else { "WSACreateEvent() = " };
    let name = format!("{}{}", label.kind, label.number);
    format!("{name} is used before a call returned it: a line such as `{maker}{name}` would do")
}

/// The labels that must be bound, in arguments and in what is in them.
fn arguments<'a>(args: &'a [At<Arg>], used: &mut Vec<(&'a Label, Span)>) {
    for arg in args {
        match &arg.value {
            Arg::Label(label, items) => {
                if is_made(label) {
                    used.push((label, arg.span));
                }
                values(items, used);
            }
            Arg::Braces(items) => values(items, used),
            Arg::List(list) => arguments(list, used),
            Arg::Named(_, value) => arguments(std::slice::from_ref(value), used),
            Arg::Any
            | Arg::Int(_)
            | Arg::Names(_)
            | Arg::Text(_)
            | Arg::Lane(_)
            | Arg::Address(..)
            | Arg::Null => {}
        }
    }
}

fn values<'a>(items: &'a [Item], used: &mut Vec<(&'a Label, Span)>) {
    for item in items {
        match item {
            Item::Value { value, .. } => arguments(std::slice::from_ref(value), used),
            Item::Call(call) => arguments(&call.args, used),
        }
    }
}

/// `= ev1`, `= 0 info1`
fn returned(call: &CallEvent) -> impl Iterator<Item = &Label> {
    let expected = call.result.as_ref().map(|result| &result.value);
    let value = expected.and_then(|e| match e.value.as_ref().map(|v| &v.value) {
        Some(Returned::Label(label)) => Some(label),
        Some(Returned::Any | Returned::None | Returned::Int(_) | Returned::Names(_)) | None => None,
    });
    let code = expected.and_then(|e| e.code.as_ref());
    let code = code.and_then(|code| if let Arg::Label(label, _) = &code.value { Some(label) } else { None });
    value.into_iter().chain(code).filter(|label| is_made(label))
}

fn is_made(label: &Label) -> bool {
    matches!(label.kind.as_str(), "ev" | "info")
}
