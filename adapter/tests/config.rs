//! Every folder of `fixtures/config` is a configuration, perhaps with variables of the environment, and what
//! must come of it: the exact error message, or `good` and what was read.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use adapter::config::{self, Config, Credentials};
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
        Ok(config) => good(&config),
        Err(error) => error.to_string(),
    };
    found.replace(&format!("{}/", folder.display()), "") + "\n"
}

fn good(config: &Config) -> String {
    let printers: Vec<_> = config.printers.iter().map(|printer| printer.id.as_str()).collect();
    format!("good: {} {} {}", config.platform.url, config.buffer.bytes_max, printers.join(" "))
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

#[test]
fn the_example_in_the_documentation_is_a_configuration() -> Result {
    let text = fs::read_to_string(fixtures().join("../../docs/configuration.md"))?;
    let example =
        text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).ok_or("no example")?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("adapter.toml");
    fs::write(&file, example)?;
    assert_eq!(config::load(&file, &HashMap::new())?.printers.len(), 2);
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
