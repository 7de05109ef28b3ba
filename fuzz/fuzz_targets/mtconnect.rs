#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| protocol::mtconnect::fuzz_body(data));
