//! How a reader begins, and how it numbers what it asks.

use protocol::pip::{self, Hello, Request, Text};

/// HELLO, from a reader that takes payloads of so many bytes.
pub(in crate::intake) fn hello(payload_bytes_max: u32) -> Request {
    Request::Hello(Hello {
        version_min: pip::VERSION,
        version_max: pip::VERSION,
        client: Text::cut(concat!("oneway-adapter ", env!("CARGO_PKG_VERSION"))),
        payload_bytes_max,
    })
}

/// The ids of one connection's requests: each is another one than those before it, so that a late answer is not taken
/// for another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::intake) struct RequestIds {
    last: u32,
}

impl RequestIds {
    /// The next one; after the greatest, the first once more.
    pub(in crate::intake) fn next(&mut self) -> u32 {
        // 0 is the id of BYE.
        self.last = self.last.checked_add(1).unwrap_or(1);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_on_from_the_beginning_and_none_is_that_of_bye() {
        let mut ids = RequestIds { last: u32::MAX - 1 };
        assert_eq!([ids.next(), ids.next(), ids.next()], [u32::MAX, 1, 2]);
        assert_eq!(RequestIds::default().next(), 1);
    }
}
