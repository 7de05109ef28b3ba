//! The lines of the configuration that let a refused sender in.

use std::collections::HashSet;

use crate::config::PrinterId;
use crate::intake::listener::Stranger;

/// Stands in a name that may be shown and pasted, besides letters and digits.
const PLAIN: &str = " .-_:@/+()";

/// The lines for this sender, with an id that is not taken and from then on is: several senders' lines may be pasted
/// together. None for one that is known and was refused for another reason, and none for a name that would not look
/// like what it is: that certificate is to be replaced.
pub(super) fn lines(stranger: &Stranger, taken: &mut HashSet<PrinterId>) -> Option<String> {
    let way = match stranger.reason {
        "unknown sender" => "family = \"projet\"\nbeats",
        "unknown printer" => "push",
        _ => return None,
    };
    let (stem, sender) = match &stranger.certificate {
        Some(name) if !name.chars().all(is_plain) => return None,
        Some(name) => (name.as_str(), format!("certificate = \"{name}\"")),
        None => ("printer", format!("address = \"{}\"", stranger.address)),
    };
    let id = PrinterId::unused(stem, taken)?;
    taken.insert(id.clone());
    Some(format!("[[printers]]\nid = \"{id}\"\n{way} = {{ {sender} }}\n"))
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || PLAIN.contains(c)
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn stranger(certificate: Option<&str>) -> Stranger {
        let (certificate, address) = (certificate.map(ToOwned::to_owned), [10, 0, 0, 7].into());
        let now = Instant::now();
        let (why, reason) = (String::new(), "unknown sender");
        Stranger { certificate, address, reason, why, times: 1, first: now, last: now }
    }

    #[test]
    fn the_lines_name_the_sender_and_an_id_that_is_free() {
        let taken: HashSet<_> = ["p02", "lab", "lab-2"].map(|id| PrinterId::parse(id).unwrap()).into();
        for (certificate, id, sender) in [
            (Some("p07"), "p07", "certificate = \"p07\""),
            (Some("p02"), "p02-2", "certificate = \"p02\""),
            (Some("LAB"), "lab-3", "certificate = \"LAB\""),
            (Some("Drücker 3.lan"), "dr-cker-3-lan", "certificate = \"Drücker 3.lan\""),
            (Some("Принтер"), "printer", "certificate = \"Принтер\""),
            (None, "printer", "address = \"10.0.0.7\""),
        ] {
            let lines = lines(&stranger(certificate), &mut taken.clone()).unwrap();
            let expected =
                format!("[[printers]]\nid = \"{id}\"\nfamily = \"projet\"\nbeats = {{ {sender} }}\n");
            assert_eq!(lines, expected);
            assert!(toml::from_str::<toml::Table>(&lines).is_ok(), "{lines}");
        }
        let long = lines(&stranger(Some(&"x".repeat(253))), &mut taken.clone()).unwrap();
        assert!(long.contains(&format!("id = \"{}\"", "x".repeat(28))));
    }

    #[test]
    fn a_printer_that_calls_is_let_in_by_its_calls() {
        let caller = Stranger { reason: "unknown printer", ..stranger(Some("p07")) };
        let expected = "[[printers]]\nid = \"p07\"\npush = { certificate = \"p07\" }\n";
        assert_eq!(lines(&caller, &mut HashSet::new()).unwrap(), expected);
    }

    #[test]
    fn the_lines_of_all_can_be_pasted_together() {
        let mut taken = HashSet::new();
        let strangers = [Some("LAB"), None, Some("lab"), None].map(stranger);
        let all: Vec<_> = strangers.iter().filter_map(|stranger| lines(stranger, &mut taken)).collect();
        let table: toml::Table = toml::from_str(&all.concat()).unwrap();
        let ids: Vec<_> =
            table["printers"].as_array().unwrap().iter().map(|one| one["id"].as_str()).collect();
        assert_eq!(ids, ["lab", "printer", "lab-2", "printer-2"].map(Some));
    }

    #[test]
    fn a_name_that_would_not_look_like_what_it_is_gets_none() {
        for name in ["a\"\nin_clear = true", "a\\b", "\u{202e}70p", "a\u{1b}[0m", "a\u{200b}b"] {
            assert_eq!(lines(&stranger(Some(name)), &mut HashSet::new()), None, "{name:?}");
        }
        let known = Stranger { reason: "too many connections", ..stranger(Some("p07")) };
        assert_eq!(lines(&known, &mut HashSet::new()), None);
    }
}
