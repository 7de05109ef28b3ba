#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| adapter::intake::poll::fuzz::moonraker_api(data));
