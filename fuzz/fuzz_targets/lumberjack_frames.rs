#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| protocol::lumberjack::fuzz_frames(data));
