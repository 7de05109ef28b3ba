use std::collections::HashMap;
use std::path::Path;

use super::{Config, ConfigError, load};

const GOOD: &str = "\
[server]
listen = \"127.0.0.1:8443\"
certificate_file = \"cert.pem\"
key_file = \"/keys/key.pem\"

[store]
path = \"store.db\"
";

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("platform.toml");
    std::fs::write(&file, text).unwrap();
    let environment: HashMap<_, _> =
        environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let plain = |text: String| text.replace(&format!("{}/", directory.path().display()), "");
    let mut config = load(&file, &environment).map_err(|error: ConfigError| plain(error.to_string()))?;
    for path in [&mut config.server.certificate_file, &mut config.server.key_file, &mut config.store.path] {
        *path = path.strip_prefix(directory.path()).unwrap_or(path).to_owned();
    }
    Ok(config)
}

#[test]
fn files_are_named_from_the_file_that_names_them() {
    let config = parse(GOOD, &[]).unwrap();
    assert_eq!(config.server.certificate_file, Path::new("cert.pem"));
    assert_eq!(config.server.key_file, Path::new("/keys/key.pem"));
    assert_eq!(config.server.public_url, None);
}

#[test]
fn the_environment_goes_before_the_file() {
    let environment =
        [("ONEWAY_SERVER__LISTEN", "0.0.0.0:1"), ("ONEWAY_SERVER__PUBLIC_URL", "https://x.test/")];
    let config = parse(GOOD, &environment).unwrap();
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:1");
    assert_eq!(config.server.public_url.as_deref(), Some("https://x.test"));
}

#[test]
fn a_mistake_is_shown_with_its_place_and_what_to_write() {
    let cases = [
        (
            GOOD.replace("listen", "lisen"),
            "platform.toml:2:1: server.lisen: unknown field; did you mean `listen`?",
        ),
        (GOOD.replace("[store]", "[stor]"), "platform.toml:6:2: stor: unknown field; did you mean `store`?"),
        (GOOD.replace("path = \"store.db\"", ""), "platform.toml:6:2: store: missing field `path`"),
        (GOOD.replace(":8443", ""), "platform.toml:2:1: server.listen: invalid socket address syntax"),
        (GOOD.replace("[server]", "[server"), "platform.toml:1:8: "),
        (
            GOOD.replace("[store]", "public_url = \"http://x\"\n[store]"),
            "platform.toml:6:1: server.public_url: \"http://x\" is no address of the platform; write https://HOST",
        ),
    ];
    for (text, expected) in cases {
        let error = parse(&text, &[]).unwrap_err();
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
    let error = parse(GOOD, &[("ONEWAY_STORE__PAHT", "x")]).unwrap_err();
    assert_eq!(
        error,
        "environment variable ONEWAY_STORE__PAHT: store.paht: unknown field; did you mean `path`?"
    );
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let mut config = parse(GOOD, &[]).unwrap();
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for (file, text) in
        [("cert.pem", certified.cert.pem()), ("key.pem", certified.signing_key.serialize_pem())]
    {
        std::fs::write(directory.path().join(file), text).unwrap();
    }
    config.server.certificate_file = directory.path().join("cert.pem");
    config.server.key_file = directory.path().join("key.pem");
    let mode = |mode| {
        std::fs::set_permissions(&config.server.key_file, std::fs::Permissions::from_mode(mode)).unwrap();
        super::server_config(&config.server)
    };
    assert!(mode(0o600).is_ok());
    assert!(matches!(mode(0o644), Err(ConfigError::KeyReadable { mode: 0o644, .. })));
}
