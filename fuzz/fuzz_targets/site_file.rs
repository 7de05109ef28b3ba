#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| site::fuzz_body(data));
