#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::projet::fuzz_body(data));
