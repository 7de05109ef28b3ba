#![no_main]
use std::sync::{Arc, LazyLock};

use parsers::profile::{Profile, fuzz_log};

static PROFILE: LazyLock<Arc<Profile>> =
    LazyLock::new(|| Arc::new(Profile::parse(include_str!("../../parsers/profiles/jetting.toml")).unwrap()));

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_log(&PROFILE, data));
