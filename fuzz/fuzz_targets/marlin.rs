#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::fuzz_body(parsers::Family::Marlin, data));
