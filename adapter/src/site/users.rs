//! Users of a machine by name or number, as the firewall's rules name them.

use std::fmt;
use std::str::FromStr;

/// A user as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum User {
    Number(u32),
    Name(String),
}

impl FromStr for User {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Self::Name(text.to_owned())) } else { Err("a user's name or number") }
    }
}

impl User {
    /// Whether a machine with this list of users (passwd(5)) has it. A number is anybody's.
    pub(crate) fn is_of(&self, users: &str) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Name(name) => users.lines().any(|line| line.split(':').next() == Some(name)),
        }
    }
}

/// As nft(8) reads it.
impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => write!(f, "\"{name}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_of_a_machine_that_lists_it() {
        let users = "root:x:0:0::/root:/bin/sh\noneway-updates:x:7:7::/:/bin/false\noneway-update:x:8:8::/:/bin/false\n";
        for (user, expected) in
            [("root", true), ("oneway-update", true), ("oneway-updat", false), ("x", false), ("77", true)]
        {
            assert_eq!(user.parse::<User>().unwrap().is_of(users), expected, "{user}");
        }
        assert!(!"oneway-update".parse::<User>().unwrap().is_of(""));
    }

    #[test]
    fn a_user_is_a_number_or_a_name_and_nothing_that_ends_a_line() {
        for (text, expected) in
            [("7", "7"), ("_chrony", "\"_chrony\""), ("oneway-intake", "\"oneway-intake\"")]
        {
            assert_eq!(text.parse::<User>().unwrap().to_string(), expected);
        }
        for wrong in ["", "a b", "a;b", "{ 1 }", "a\"", "a\n"] {
            assert!(wrong.parse::<User>().is_err(), "{wrong}");
        }
    }
}
