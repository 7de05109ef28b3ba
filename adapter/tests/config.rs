//! Every folder of `fixtures/config` is a configuration, perhaps with variables of the environment, and what
//! must come of it: the exact error message, or `good` and what was read.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use adapter::config::{self, Credentials, Whole};
use secrecy::ExposeSecret as _;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/config")
}

fn environment(folder: &Path) -> HashMap<String, String> {
    let text = fs::read_to_string(folder.join("environment.txt")).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    // What is not ours is of no concern.
    let others = [("PATH", "/bin"), ("ONEWAYS", "many")];
    pairs.chain(others).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn outcome(folder: &Path) -> String {
    let found = match config::load(&folder.join("input.toml"), &environment(folder)) {
        Ok(whole) => good(&whole),
        Err(error) => error.to_string(),
    };
    found.replace(&format!("{}/", folder.display()), "") + "\n"
}

fn good(whole: &Whole) -> String {
    let Whole { platform, config, .. } = whole;
    let printers: Vec<_> = config.printers.iter().map(|printer| printer.id.as_str()).collect();
    format!("good: {} {} {}", platform.url, config.buffer.bytes_max, printers.join(" "))
}

#[test]
fn each_folder_comes_to_what_it_says() -> Result {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for folder in fs::read_dir(fixtures())? {
        let folder = folder?.path();
        let found = outcome(&folder);
        if std::env::var_os("ONEWAY_FIXTURES_WRITE").is_some() {
            fs::write(folder.join("expected.txt"), &found)?;
        }
        let expected = fs::read_to_string(folder.join("expected.txt"))?;
        if found != expected {
            wrong.push(format!("{}:\n  found    {found}  expected {expected}", folder.display()));
        }
        seen += 1;
    }
    assert!(seen > 15 && wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

const PLATFORM: &str =
    "[platform]\nurl = \"https://platform.example.com\"\ncredentials_file = \"credentials.toml\"\n";
const LINK: &str = "[link]\nsocket = \"/run/oneway/link.sock\"\n";
const IDENTITY: &str = "identity_file = \"identity.toml\"\n";
/// A printer whose profile is a file that only the intake has.
const PRINTER: &str = "[[printers]]\nid = \"p01\"\nprofile = \"/nowhere/profile.toml\"\n\
                       logs = { directory = \"/mnt/p01\", pattern = \"*.log\" }\n";

#[test]
fn each_half_needs_its_own_sections_and_looks_at_no_file_of_the_others() -> Result {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("adapter.toml");
    let good = "good".to_owned();
    let intake = |text: &str| -> Result<String> {
        fs::write(&file, text)?;
        let found = config::load_intake(&file, &HashMap::new());
        Ok(found.map_or_else(|error| error.to_string(), |_| "good".to_owned()))
    };
    let uplink = |text: &str| -> Result<String> {
        fs::write(&file, text)?;
        let found = config::load_uplink(&file, &HashMap::new());
        Ok(found.map_or_else(|error| error.to_string(), |_| "good".to_owned()))
    };
    let identified = format!("{LINK}{IDENTITY}");
    assert_eq!(intake(&identified)?, good);
    assert_eq!(intake(&format!("{PLATFORM}{identified}"))?, good);
    for (text, expected) in [
        (PLATFORM, "missing field `link`: write a section `[link]`"),
        (
            LINK,
            "link: missing field `identity_file`: the intake needs the file that `adapter enrol` writes there",
        ),
        (&format!("{identified}{PRINTER}"), "/nowhere/profile.toml"),
        ("[platfrom]\n", "did you mean `platform`?"),
        ("[platform]\nulr = 1\n", "did you mean `url`?"),
    ] {
        let said = intake(text)?;
        assert!(said.contains(expected), "{text}: {said}");
    }
    let both = format!("{PLATFORM}{LINK}");
    assert_eq!(uplink(&both)?, good);
    assert_eq!(uplink(&format!("{both}{PRINTER}"))?, good);
    for (text, expected) in [
        (LINK, "missing field `platform`: write a section `[platform]`"),
        (PLATFORM, "missing field `link`: write a section `[link]`"),
        (&format!("{both}[[printers]]\nidd = \"p01\"\n"), "did you mean `id`?"),
    ] {
        let said = uplink(text)?;
        assert!(said.contains(expected), "{text}: {said}");
    }
    Ok(())
}

#[test]
fn the_example_in_the_documentation_is_a_configuration() -> Result {
    let text = fs::read_to_string(fixtures().join("../../docs/configuration.md"))?;
    let example =
        text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).ok_or("no example")?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("adapter.toml");
    fs::write(&file, example)?;
    assert_eq!(config::load(&file, &HashMap::new())?.config.printers.len(), 2);
    Ok(())
}

#[test]
fn nothing_that_is_configured_shows_a_secret() -> Result {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("credentials.toml");
    let salt = "000102030405060708090a0b0c0d0e0f";
    fs::write(&file, format!("adapter = \"oslo-1\"\nkey = \"the-secret-key\"\nsalt = \"{salt}\"\n"))?;
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let credentials = Credentials::load(&file)?;
    assert_eq!(credentials.key.expose_secret(), "the-secret-key");
    let shown = format!("{credentials:?} {credentials:#?}");
    assert!(shown.contains("oslo-1"));
    for secret in ["the-secret-key", salt, "0, 1, 2, 3"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    Ok(())
}

#[test]
fn damaged_credentials_are_refused_without_being_quoted() -> Result {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("credentials.toml");
    let salt = "salt = \"000102030405060708090a0b0c0d0e0f\"";
    let cases = [
        ("key = \"the-secret-key".to_owned(), "does not hold exactly adapter, key and salt"),
        (
            format!("adapter = \"oslo-1\"\nkey = \"the-secret-key\"\nkeyy = \"x\"\n{salt}"),
            "does not hold exactly",
        ),
        (format!("adapter = \"Oslo 1\"\nkey = \"the-secret-key\"\n{salt}"), "adapter is not a name"),
        (format!("adapter = \"oslo-1\"\nkey = \"the-secret-key\\n\"\n{salt}"), "characters that no key has"),
        (
            "adapter = \"oslo-1\"\nkey = \"the-secret-key\"\nsalt = \"00\"".to_owned(),
            "salt has not 32 digits",
        ),
        (
            "adapter = \"oslo-1\"\nkey = \"the-secret-key\"\nsalt = \"zz\"".to_owned(),
            "salt is not hexadecimal",
        ),
    ];
    for (text, expected) in cases {
        fs::write(&file, &text)?;
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let said =
            Credentials::load(&file).err().map(|error| format!("{error} {error:?}")).unwrap_or_default();
        assert!(said.contains(expected) && !said.contains("the-secret-key"), "{text}: {said}");
    }
    Ok(())
}
