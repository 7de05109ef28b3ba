#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::beats::fuzz_body(data));
