//! The stubs answer what the drivers take: a look at each by the adapter's own drivers.

use std::collections::HashMap;

use adapter::clock::Clock;
use adapter::config;
use adapter::intake::poll::look;

use super::interfaces::{By, MIXTURE};
use super::stubs::Stub;

#[tokio::test]
async fn each_stub_is_taken_for_what_it_stands_for() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key");
    demo::site::secret_file(&key, "a-key").unwrap();
    for interface in &MIXTURE {
        let By::Stub(answers) = interface.by else { continue };
        let stub = Stub::start(answers).await.unwrap();
        let line = interface.line("p01", &stub.address.to_string(), "1s", &key.display().to_string());
        let file = directory.path().join("adapter.toml");
        let platform = "[platform]\nurl = \"https://localhost\"\ncredentials_file = \"none\"\n";
        std::fs::write(&file, format!("{platform}[[printers]]\nid = \"p01\"\n{line}\n")).unwrap();
        let config = config::load(&file, &HashMap::new()).unwrap().config;
        let looks = look(&config.printers, None, Clock::system()).await.unwrap();
        let (_, _, look) = &looks[0];
        assert_eq!((look.code, look.refused.as_slice()), ("available", [].as_slice()), "{}", interface.name);
        assert!(look.readings.len() >= 8, "{}: {:?}", interface.name, look.readings);
    }
}
