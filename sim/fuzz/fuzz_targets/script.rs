//! Any bytes as a scenario.
#![no_main]

use closewait_fuzz::{lines, script};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|bytes: &[u8]| script::judge(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match std::str::from_utf8(&data[..size]) {
        Ok(text) if !seed.is_multiple_of(3) => {
            let mutated = lines::mutate(text, seed);
            let len = mutated.floor_char_boundary(max_size);
            data[..len].copy_from_slice(&mutated.as_bytes()[..len]);
            len
        }
        Ok(_) | Err(_) => fuzzer_mutate(data, size, max_size),
    }
});
