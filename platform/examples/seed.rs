//! Fills a new store with an invented fleet, to look at the dashboard without printers:
//! `cargo run -p platform --example seed -- PATH`, then serve it. Users anna (admin) and bert (technician), with
//! the password that it reads from standard input: no store has one that stands in a repository.

use std::path::PathBuf;

use anyhow::Context as _;
use platform::identity::{Role, add_user};
use platform::{App, Clock, Settings};

#[path = "../tests/seed/mod.rs"]
mod seed;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let path = PathBuf::from(std::env::args_os().nth(1).context("say where the store is to be made")?);
    let password = std::io::stdin().lines().next().context("give a password on standard input")??;
    let clock = Clock::system();
    let past = seed::Past { hours: 24, step_ms: 15_000 };
    let app = App::new(seed::store(&path, clock.now().0, past).await?, clock, Settings::default());
    for (name, role) in [("anna", Role::Admin), ("bert", Role::Technician)] {
        add_user(&app, name, role, password.clone().into(), "example").await?;
    }
    Ok(())
}
