#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| protocol::mdns::fuzz_body(data));
