#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| protocol::link::fuzz_body(data));
