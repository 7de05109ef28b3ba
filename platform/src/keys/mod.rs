//! Adapters, the one-time codes that enrol them and the keys that they post with. The store holds only
//! hashes; a key is valid until it is revoked, and a revoked one is refused from the next request on.

mod adapter;
mod enrol;
mod key;

pub use adapter::{create_adapter, find_adapter};
pub use enrol::{CODE_LIFE, Enrolled, OneTimeCode, new_code, redeem, replacing_code};
pub use key::{DeviceKey, Holder, authenticate, is_valid, revoke, revoke_all, touch};

#[cfg(test)]
mod tests;
