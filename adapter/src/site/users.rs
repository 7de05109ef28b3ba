//! Users of this machine by name or number: the kernel's firewall knows numbers.

use std::path::Path;
use std::str::FromStr;

use super::{SiteError, files, limits};

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
    /// Its number, by the machine's list of users (passwd(5)).
    pub(crate) fn number(&self, list: &Path) -> Result<u32, SiteError> {
        let name = match self {
            Self::Number(number) => return Ok(*number),
            Self::Name(name) => name,
        };
        let list = files::read(list, limits::USERS_BYTES_MAX).map_err(SiteError::read(list))?;
        let list = String::from_utf8_lossy(list.as_deref().unwrap_or_default()).into_owned();
        let number = list.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            fields.nth(1)?.parse().ok()
        });
        number.ok_or_else(|| SiteError::NoUser(name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_a_number_or_one_of_the_list() {
        let directory = tempfile::tempdir().unwrap();
        let list = directory.path().join("passwd");
        std::fs::write(&list, "root:x:0:0::/root:/bin/sh\noneway-intake:x:901:900::/:/bin/false\n").unwrap();
        let number = |text: &str| text.parse::<User>().unwrap().number(&list);
        assert_eq!((number("7").unwrap(), number("oneway-intake").unwrap()), (7, 901));
        assert!(number("oneway").unwrap_err().to_string().contains("no user `oneway`"));
        for wrong in ["", "a b", "a;b", "{ 1 }"] {
            assert!(wrong.parse::<User>().is_err(), "{wrong}");
        }
    }
}
