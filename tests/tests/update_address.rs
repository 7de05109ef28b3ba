//! A box's next system from a web server: from the address that an admin types for the site's stick to what lies in the box's memory, by the
//! real programs, the image's own unit on a machine that has booted, and a server of another maker's over TLS.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use demo::certificates::{Authority, Validity};
use platform::sticks::SiteKey;
use serde_json::Value;
use tests::booted::Booted;
use tests::box_desk::{self, DESK, MACHINE, publish, ready, take};
use tests::https_folder::HttpsFolder;
use tests::makers::{FAILED, Makers, NOTHING, REFUSED, TAKEN};
use tests::repository;

fn desk() -> Result<Makers> {
    box_desk::desk(env!("CARGO_BIN_EXE_programs"), env!("CARGO_TARGET_TMPDIR"))
}

#[tokio::test]
async fn a_box_asks_the_configured_address_and_takes_what_is_signed_there() -> Result<()> {
    let makers = desk()?;
    publish(&makers, "0.3.0", 'a', MACHINE)?;
    let (web, at) = (makers.machine("web")?, makers.machine("box")?);
    let authority = Authority::new("updates")?;
    authority.write(&web.join("ca.pem"))?;
    let pair = authority.issue(&web, &["localhost"], Validity::Current)?;
    let mut server = HttpsFolder::start(&makers.machine(DESK)?, &pair, &["plain"]).await?;
    let example = fs::read_to_string(repository().join("packages/adapter/root/etc/oneway/adapter.toml"))?;
    let configured = |address: &str, more: &str| {
        let text = format!("{example}\n[updates]\nurl = \"{address}\"\n{more}");
        fs::write(at.join("adapter.toml"), text)
    };
    let look = || take(&makers, &["--config", "box/adapter.toml"]);
    let again = || {
        fs::remove_file(at.join("take/asked"))?;
        look()
    };

    // An address that nobody answers is asked, and then not for a while.
    configured("https://127.0.0.1:9/", "")?;
    for (code, expected) in [(FAILED, "127.0.0.1:9"), (NOTHING, "it was asked not long ago")] {
        let said = look()?;
        ensure!(said.code == code && said.text.contains(expected), "{said:?}");
    }
    // A server that the configured authority has not certified is told nothing.
    configured(&server.address, "")?;
    let said = again()?;
    ensure!(
        said.code == FAILED && said.text.contains("is the authority that was named for it the right one?"),
        "{said:?}"
    );

    configured(&server.address, "ca_file = \"../web/ca.pem\"\n")?;
    let said = again()?;
    ensure!(said.code == TAKEN && said.text.contains("0.3.0 is signed, whole and in time"), "{said:?}");
    assert_eq!(ready(&makers)?.text, "0.3.0\n");
    for name in ["2.root.signed", "timestamp.signed", "1.snapshot.signed", "1.targets.signed"] {
        let asked = server.asked.next_line().await?.context("the server ended")?;
        assert_eq!(asked, format!("GET /{name} HTTP/1.1"));
    }
    // What was taken is put on the disk first.
    let said = again()?;
    ensure!(said.code == NOTHING && said.text.contains("is not on the disk yet"), "{said:?}");
    // The address was not asked, so that it is at the next look.
    assert!(!at.join("take/asked").exists());
    fs::write(at.join("take/asked"), "")?;
    fs::remove_dir_all(at.join("take/ready"))?;

    // What is not whole is refused, and so is a server that has nothing; each is counted.
    publish(&makers, "0.4.0", 'b', MACHINE)?;
    let desk = makers.machine(DESK)?;
    for name in ["2.targets.signed", "timestamp.signed"] {
        fs::rename(desk.join(name), web.join(name))?;
        let said = again()?;
        ensure!(said.code == REFUSED && said.text.contains(&format!("{name}: is missing")), "{said:?}");
        fs::rename(web.join(name), desk.join(name))?;
    }
    let account: Value = serde_json::from_slice(&fs::read(at.join("account.json"))?)?;
    assert_eq!(account["refused"], serde_json::json!({ "partial": 2 }));
    assert_eq!(again()?.code, TAKEN);
    assert_eq!(ready(&makers)?.text, "0.4.0\n");
    Ok(())
}

/// A machine with the image's unit, and doubles of what belongs to a box's disk.
const PREPARE: &str = r#"
extra=REPOSITORY/ubuntu-image/mkosi.extra/usr/lib
mkdir -p /usr/lib/oneway
touch /srv/oneway; mount --bind PROGRAMS /srv/oneway
printf '#!/bin/sh\nexec /srv/oneway adapter "$@"\n' >/usr/bin/oneway-adapter; chmod +x /usr/bin/oneway-adapter
cp -r $extra/systemd/system/oneway-update-address.service* /run/systemd/system/
cp $extra/sysusers.d/oneway-update.conf /usr/lib/sysusers.d/
systemd-sysusers oneway-update.conf
cp MAKERS/box/root.signed /usr/lib/oneway/root.signed
rm -f /etc/os-release
cp MAKERS/box/os-release /etc/os-release
memory=/run/oneway-update
mkdir -p $memory/known
install -d -m 0700 -o oneway-update $memory/take
install -d -m 0755 -o oneway-update $memory/said
cp MAKERS/box/kernels $memory/kernels
printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n' >/run/systemd/system/oneway-update-account.service
# The program is a script here.
printf '[Service]\nNoExecPaths=\nExecPaths=\n' >/run/systemd/system/oneway-update-address.service.d/zz.conf
systemctl daemon-reload
# As the package leaves it.
install -d -m 0755 /etc/oneway
umask 077
mkdir /srv/state
oneway-adapter site take --in-clear --stick MAKERS/stick --state /srv/state --to /etc/oneway --trust MAKERS/stick/site.keys \
    --interfaces MAKERS/interfaces
touch /etc/oneway/credentials
"#;

/// The stick that an admin makes, with a key of a platform's that is not this one.
fn stick(makers: &Makers, address: &str, authority: &str) -> Result<()> {
    let base = fs::read(repository().join("fixtures/site/base.json"))?;
    let mut document = site::decode(&base).map_err(anyhow::Error::msg)?;
    // It is judged by this time, whatever a machine's clock says.
    document.made = release::Time::parse("2100-01-01T00:00:00Z").context("no time")?;
    document.expires = document.made.after(std::time::Duration::from_secs(3600));
    let url = site::Plain::parse(address).context("no address")?;
    document.updates = Some(site::Updates { url, authority: site::Plain::parse(authority) });
    let at = makers.machine("stick")?;
    let key = SiteKey::make_beside(&makers.machine("platform")?.join("platform.db"))?;
    fs::write(at.join("site.keys"), key.public_line())?;
    fs::write(at.join("oneway.site"), key.sign(site::encode(&document)?))?;
    for plug in ["enp1s0", "enp2s0"] {
        fs::create_dir_all(makers.machine("interfaces")?.join(plug).join("device"))?;
    }
    Ok(())
}

#[tokio::test]
async fn a_typed_address_is_asked_by_the_one_user_who_may_and_what_it_has_lies_in_memory() -> Result<()> {
    let makers = desk()?;
    publish(&makers, "0.3.0", 'a', MACHINE)?;
    let below = env!("CARGO_TARGET_TMPDIR");
    let booted = Booted::start(below, Path::new(below)).await?;
    let web = makers.machine("web")?;
    let authority = Authority::new("updates")?;
    authority.write(&web.join("ca.pem"))?;
    let pair = authority.issue(&web, &["localhost"], Validity::Current)?;
    let desk = makers.machine(DESK)?;
    let mut server = HttpsFolder::start_within(&booted.enter_network(), &desk, &pair, &["plain"]).await?;
    stick(&makers, &server.address, &fs::read_to_string(web.join("ca.pem"))?)?;
    let makers_at = desk.parent().context("no folder")?.display().to_string();
    let prepare = PREPARE
        .replace("REPOSITORY", &repository().display().to_string())
        .replace("MAKERS", &makers_at)
        .replace("PROGRAMS", env!("CARGO_BIN_EXE_programs"));
    booted.run(&prepare).await?;

    // The firewall lets that user out to that port, and the user reads what that takes and no key.
    let elements = "oneway-adapter site firewall --config /etc/oneway/adapter.toml --elements";
    let port = server.address.trim_end_matches('/').rsplit(':').next().context("no port")?;
    let elements = booted.run(elements).await?;
    for line in [format!("updates_ports {{ {port} }}"), "updates_users { \"oneway-update\" }".into()] {
        ensure!(elements.contains(&format!("add element inet oneway {line}")), "{line}: {elements}");
    }
    let reads = "for file in adapter.toml updates-ca.pem credentials secrets/p01.key; do
            setpriv --reuid oneway-update --clear-groups cat /etc/oneway/$file >/dev/null 2>&1 && echo $file; done; true";
    assert_eq!(booted.run(reads).await?, "adapter.toml\nupdates-ca.pem");

    booted.run("systemctl start oneway-update-address.service").await?;
    let there =
        booted.run("ls /run/oneway-update/take/ready; cat /run/oneway-update/said/account.json").await?;
    ensure!(there.contains("oneway_0.3.0.efi") && there.contains("lies in memory"), "{there}");
    let asked = server.asked.next_line().await?.context("the server ended")?;
    assert_eq!(asked, "GET /2.root.signed HTTP/1.1");

    // A server that has nothing is said and counted, and is no failure of the unit.
    fs::rename(desk.join("timestamp.signed"), web.join("timestamp.signed"))?;
    booted.run("rm -r /run/oneway-update/take/*; systemctl start oneway-update-address.service").await?;
    let said = booted.run("cat /run/oneway-update/said/account.json; systemctl --failed --plain").await?;
    ensure!(said.contains("refused: timestamp.signed: is missing"), "{said}");
    ensure!(said.contains("\"partial\":1") && !said.contains("oneway-update-address.service"), "{said}");
    Ok(())
}
