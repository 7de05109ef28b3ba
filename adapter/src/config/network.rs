//! `[network]`: how the two plugs of an appliance are set up. The adapter itself passes it by; `adapter site network` and
//! `adapter site firewall` make the operating system's configuration of it.

use site::Network;

use super::error::Problems;
use super::place::KeyPath;
use super::platform::Platform;

pub(super) fn check(network: Option<&Network>, platform: Option<&Platform>, problems: &mut Problems) {
    let Some(network) = network else { return };
    let host = platform.and_then(|platform| platform.url.host_str()).unwrap_or_default();
    for mistake in network.mistakes(host.trim_start_matches('[').trim_end_matches(']')) {
        let path = mistake.field.split('.').fold(KeyPath::root(), |path, key| path.key(key));
        problems.add(path, mistake.text);
    }
}
