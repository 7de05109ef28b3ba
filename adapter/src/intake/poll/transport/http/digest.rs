//! HTTP digest: proving a password that is never sent (RFC 7616; RFC 2069 for servers that offer no `qop`, as the
//! PrusaLink in a printer's own firmware). Pure: what changes by chance, the client's nonce, is given from outside.

use data_encoding::HEXLOWER;
use md5::{Digest as _, Md5};
use ring::digest::{SHA256, digest};

/// What a server wants to be answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// As the server writes it, which it may compare by its letters; `None` where it writes none, which is MD5.
    named: Option<String>,
    /// Whether both nonces go into the hash of the password (`MD5-sess`), as with PrusaLink on a computer.
    session: bool,
    /// Whether it takes `qop=auth`, with which both sides' nonces and a count go into the proof.
    counted: bool,
}

/// In the order in which they are preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

/// Who asks for what, as it goes into a proof.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    /// Path and query, as they stand in the request. The method is GET: there is no other.
    pub(super) target: &'a str,
    /// How often this server's nonce has been answered, this time included.
    pub(super) count: u32,
    /// The client's own nonce: one for each of the server's, since that is how long a session lasts (RFC 7616, section
    /// 3.4.2).
    pub(super) cnonce: &'a str,
}

impl Challenge {
    /// The best challenge in a server's `WWW-Authenticate` headers that can be answered: SHA-256 goes before MD5.
    pub(super) fn best<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let offered = headers.flat_map(challenges).filter_map(|(scheme, pairs)| Self::read(scheme, &pairs));
        offered.reduce(|best, other| if other.algorithm > best.algorithm { other } else { best })
    }

    fn read(scheme: &str, pairs: &[(&str, &str)]) -> Option<Self> {
        let value = |name: &str| {
            pairs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
        };
        let named = value("algorithm");
        let (algorithm, session) = match named.unwrap_or("MD5").to_ascii_uppercase().as_str() {
            "MD5" => (Algorithm::Md5, false),
            "MD5-SESS" => (Algorithm::Md5, true),
            "SHA-256" => (Algorithm::Sha256, false),
            "SHA-256-SESS" => (Algorithm::Sha256, true),
            _ => return None,
        };
        let counted = match value("qop") {
            None => false,
            Some(offers) if offers.split(',').any(|offer| offer.trim().eq_ignore_ascii_case("auth")) => true,
            Some(_) => return None,
        };
        scheme.eq_ignore_ascii_case("Digest").then_some(())?;
        Some(Self {
            realm: value("realm")?.to_owned(),
            nonce: value("nonce")?.to_owned(),
            opaque: value("opaque").map(str::to_owned),
            algorithm,
            named: named.map(str::to_owned),
            session,
            counted,
        })
    }

    fn hash(&self, text: &str) -> String {
        match self.algorithm {
            Algorithm::Md5 => HEXLOWER.encode(&Md5::digest(text)),
            Algorithm::Sha256 => HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref()),
        }
    }

    /// The value of the header `Authorization`.
    pub(super) fn answer(&self, asked: &Asked<'_>) -> String {
        let Asked { user, password, target, count, cnonce } = asked;
        let Self { realm, nonce, .. } = self;
        let mut who = self.hash(&format!("{user}:{realm}:{password}"));
        if self.session {
            who = self.hash(&format!("{who}:{nonce}:{cnonce}"));
        }
        let what = self.hash(&format!("GET:{target}"));
        let proof = if self.counted {
            self.hash(&format!("{who}:{nonce}:{count:08x}:{cnonce}:auth:{what}"))
        } else {
            self.hash(&format!("{who}:{nonce}:{what}"))
        };
        let mut answer = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{target}\", response=\"{proof}\""
        );
        if let Some(named) = &self.named {
            answer += &format!(", algorithm={named}");
        }
        if self.counted {
            answer += &format!(", qop=auth, nc={count:08x}");
        }
        if self.counted || self.session {
            answer += &format!(", cnonce=\"{cnonce}\"");
        }
        if let Some(opaque) = &self.opaque {
            answer += &format!(", opaque=\"{opaque}\"");
        }
        answer
    }
}

/// A scheme, and its parameters.
type Offer<'a> = (&'a str, Vec<(&'a str, &'a str)>);

/// The challenges of one header (RFC 9110, section 11.6.1): `Scheme name=value, name="value", Scheme …`. A quoted value
/// is taken as it stands between its quotes, as it goes into the proof. What does not fit is passed over.
fn challenges(header: &str) -> Vec<Offer<'_>> {
    let mut offers: Vec<Offer<'_>> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',', '=', '"']);
        let end = rest.find([' ', '\t', ',', '=', '"']).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.is_empty() {
            return offers;
        }
        rest = behind;
        let Some(value) = behind.trim_start().strip_prefix('=') else {
            offers.push((word, Vec::new()));
            continue;
        };
        let (value, behind) = value_of(value.trim_start());
        if let Some((_, pairs)) = offers.last_mut() {
            pairs.push((word, value));
        }
        rest = behind;
    }
}

/// A token or a quoted text, and what stands behind it.
fn value_of(text: &str) -> (&str, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.split_at(text.find([' ', '\t', ',']).unwrap_or(text.len()));
    };
    let mut escaped = false;
    let end = quoted.find(|letter| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    });
    end.map_or((quoted, ""), |end| (&quoted[..end], &quoted[end + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proof(header: &str, asked: Asked<'_>) -> Option<String> {
        let answer = Challenge::best([header].into_iter())?.answer(&asked);
        let (_, pairs) = challenges(&answer).pop()?;
        pairs.iter().find(|(name, _)| *name == "response").map(|(_, value)| (*value).to_owned())
    }

    /// RFC 7616, section 3.9.1.
    const RFC_7616: Asked<'_> = Asked {
        user: "Mufasa",
        password: "Circle of Life",
        target: "/dir/index.html",
        count: 1,
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    };
    const REST_7616: &str = "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
                             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";

    #[test]
    fn the_examples_of_the_rfcs() {
        let offer = |algorithm: &str| format!("Digest algorithm={algorithm}, {REST_7616}");
        let md5 = "8ca523f5e9506fed4657c9700eebdbec";
        let sha256 = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert_eq!(proof(&offer("MD5"), RFC_7616).as_deref(), Some(md5));
        assert_eq!(proof(&offer("SHA-256"), RFC_7616).as_deref(), Some(sha256));
        // Both in one header, the weaker one first: the stronger one is answered.
        let both = format!("{}, {}", offer("MD5"), offer("SHA-256"));
        assert_eq!(proof(&both, RFC_7616).as_deref(), Some(sha256));
        // RFC 2617, section 3.5.
        let asked = Asked { password: "Circle Of Life", cnonce: "0a4f113b", ..RFC_7616 };
        let header = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
                      nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        assert_eq!(proof(header, asked).as_deref(), Some("6629fae49393a05397450978507c4ef1"));
        // Without `qop`, as RFC 2069 has it: the same, for who counts as it did.
        let header = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        assert_eq!(proof(header, asked).as_deref(), Some("670fd8c2df070c60b045671b8b24ff02"));
    }

    /// PrusaLink 0.8 on a computer (PoorWSGI 2.7): what a Python of its own makes of it.
    #[test]
    fn a_session_puts_both_nonces_into_the_password() {
        let header = "Digest realm=\"Administrator\",qop=\"auth\",algorithm=\"MD5-sess\",nonce=\"5f1c\",opaque=\"e3b0\"";
        let asked = Asked {
            user: "maker",
            password: "open sesame",
            target: "/api/version",
            count: 2,
            cnonce: "0a4f",
        };
        assert_eq!(proof(header, asked).as_deref(), Some("5c13ad2c3cca69537b50aae780825ac6"));
        let answer = Challenge::best([header].into_iter()).unwrap().answer(&asked);
        assert!(answer.contains(", algorithm=MD5-sess, qop=auth, nc=00000002, cnonce=\"0a4f\""), "{answer}");
    }

    #[test]
    fn an_answer_says_all_that_a_server_needs_and_nothing_that_it_did_not_offer() {
        let challenge = Challenge::best(["Digest qop=auth,realm=\"a\\\"b, c=d\" ,nonce=n"].into_iter());
        let asked =
            Asked { user: "maker", password: "p", target: "/api/v1/status?x=1", count: 27, cnonce: "c" };
        let answer = challenge.unwrap().answer(&asked);
        let (scheme, mut pairs) = challenges(&answer).pop().unwrap();
        pairs.retain(|(name, _)| *name != "response");
        let expected = [
            ("username", "maker"),
            ("realm", "a\\\"b, c=d"),
            ("nonce", "n"),
            ("uri", "/api/v1/status?x=1"),
            ("qop", "auth"),
            ("nc", "0000001b"),
            ("cnonce", "c"),
        ];
        assert_eq!((scheme, pairs.as_slice()), ("Digest", expected.as_slice()));
        // As PrusaLink in a printer's firmware challenges.
        let challenge = Challenge::best(
            ["Digest realm=\"Printer API\", nonce=\"dcd98b7102dd2f0e\", stale=false"].into_iter(),
        );
        let answer = challenge.unwrap().answer(&asked);
        assert!(
            !answer.contains("nc=") && !answer.contains("qop") && !answer.contains("algorithm"),
            "{answer}"
        );
    }

    #[test]
    fn what_cannot_be_answered_is_no_challenge() {
        let known = "Digest realm=\"r\", nonce=\"n\"";
        for (header, expected) in [
            (known, true),
            ("digest REALM=r, Nonce=n, ALGORITHM=md5", true),
            ("Basic realm=\"r\"", false),
            ("Digest realm=\"r\"", false),
            ("Digest nonce=\"n\"", false),
            ("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256", false),
            ("Digest realm=\"r\", nonce=\"n\", algorithm=\"MD5-sess\"", true),
            ("Digest realm=\"r\", nonce=\"n\", algorithm=MD5-", false),
            ("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", false),
            ("", false),
            ("Negotiate YWJj==, Basic realm=x", false),
            ("=,\"\" = ,", false),
        ] {
            assert_eq!(Challenge::best([header].into_iter()).is_some(), expected, "{header}");
            // Beside others, each in a header of its own or in one.
            let beside = format!("Basic realm=\"x, Digest\", {known}");
            assert!(Challenge::best(["Basic realm=y", header, &beside].into_iter()).is_some(), "{header}");
        }
    }

    proptest! {
        /// Whatever a server writes, nothing breaks, and an answer can be read as it was meant.
        #[test]
        fn any_header_is_read(header in "[A-Za-z0-9=,\"\\\\ \t/-]{0,60}", realm in "[a-zA-Z ,=]{0,12}", nonce in "[a-f0-9]{1,16}") {
            challenges(&header);
            let header = format!("{}, Digest realm=\"{realm}\", nonce=\"{nonce}\"", header.replace('"', ""));
            let challenge = Challenge::best([header.as_str()].into_iter()).unwrap();
            prop_assert_eq!((challenge.realm, challenge.nonce), (realm, nonce));
        }
    }
}
