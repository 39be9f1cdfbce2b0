//! Any bytes as packets.
#![no_main]

use closewait_fuzz::packet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| packet::judge(bytes));
