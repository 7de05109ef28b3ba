#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::metricbeat::fuzz_body(data));
