//! TCP options in the notation: of packets that the script sends, and what is compared of packets that leave.

use super::ast::{OptionSpec, OptionsSpec};
use closewait::packet::{Options, Timestamps};
use closewait::seq::Seq;

/// The options of a packet that the script sends. `acked` is what the numbers of a SACK option are relative to: the
/// initial number of the direction that it reports on.
pub(super) fn options(spec: Option<&OptionsSpec>, acked: Seq) -> Options {
    let mut options = Options::NONE;
    let Some(OptionsSpec::List(list)) = spec else { return options };
    for option in list {
        match option {
            OptionSpec::Mss(mss) => options.mss = Some(*mss),
            OptionSpec::WindowScale(shift) => options.window_scale = Some(*shift),
            OptionSpec::SackPermitted => options.sack_permitted = true,
            OptionSpec::Timestamps(val, ecr) => {
                let (val, ecr) = (val.unwrap_or(0), ecr.unwrap_or(0));
                options.timestamps = Some(Timestamps { val, ecr });
            }
            OptionSpec::Sack(blocks) => {
                options.sack = blocks.iter().map(|&(left, right)| (acked + left, acked + right)).collect();
            }
            OptionSpec::Eol | OptionSpec::Nop | OptionSpec::Other(_) => {}
        }
    }
    options
}

/// Whether a packet's options are those that a line lists, in whatever order and padding. Of timestamps the echo is
/// compared, not the clock of whoever sent them.
pub(super) fn options_match(spec: &OptionsSpec, actual: &Options, acked: Seq) -> bool {
    let OptionsSpec::List(list) = spec else { return true };
    if list.iter().any(|option| matches!(option, OptionSpec::Other(_))) {
        return false;
    }
    let wanted = options(Some(spec), acked);
    let echo = |t: Timestamps| t.ecr;
    let any_echo = list.iter().any(|option| matches!(option, OptionSpec::Timestamps(_, None)));
    let Options { mss, window_scale, sack_permitted, timestamps, sack } = wanted;
    (mss, window_scale, sack_permitted, &sack)
        == (actual.mss, actual.window_scale, actual.sack_permitted, &actual.sack)
        && timestamps.is_some() == actual.timestamps.is_some()
        && (any_echo || timestamps.map(echo) == actual.timestamps.map(echo))
}
