#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| scimux_fuzz::request(input));
