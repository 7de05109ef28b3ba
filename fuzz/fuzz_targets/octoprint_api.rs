#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| adapter::intake::poll::fuzz::octoprint_api(data));
