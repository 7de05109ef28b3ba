#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::profile::fuzz_profile(data));
