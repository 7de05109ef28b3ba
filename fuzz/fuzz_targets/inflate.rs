#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| protocol::inflate::fuzz_body(data));
