//! What is in the container images, by a look into them: one static program and the list of what it is made of, as nobody
//! special; and that the same programs give the same images to the byte, whoever packs them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests::images::{IMAGES, built, engine, run, tag};
use tests::repository;

const BELOW: &str = env!("CARGO_TARGET_TMPDIR");

/// Each image's files, the owner and mode of each, as `tar` lists them, out of an archive of images.
fn files(archive: &Path, tag: &str) -> Result<BTreeSet<String>> {
    let place = tempfile::tempdir_in(BELOW)?;
    let (archive, path) = (archive.display().to_string(), place.path().display().to_string());
    run("tar", &["--extract", "--file", &archive, "--directory", &path])?;
    let manifest: Value = serde_json::from_str(&fs::read_to_string(place.path().join("manifest.json"))?)?;
    let images = manifest.as_array().context("no images")?;
    let image =
        images.iter().find(|image| image["RepoTags"][0] == tag).with_context(|| format!("no {tag}"))?;
    let mut found = BTreeSet::new();
    for layer in image["Layers"].as_array().into_iter().flatten() {
        let layer = place.path().join(layer.as_str().unwrap_or_default()).display().to_string();
        let listed = run("tar", &["--list", "--verbose", "--numeric-owner", "--file", &layer])?;
        // `-r-xr-xr-x 0/0 5077360 1970-01-01 00:00 adapter`; an engine keeps a file's own time, which is not compared.
        let words = |line: &str| {
            let words: Vec<_> = line.split_whitespace().collect();
            Some(format!("{} {} {}", words.first()?, words.get(1)?, words.last()?))
        };
        found.extend(listed.lines().filter_map(words));
    }
    Ok(found)
}

#[test]
fn an_image_holds_a_program_and_the_list_of_what_it_is_made_of() -> Result<()> {
    let archive = built()?.join("oneway.tar");
    for (name, _, called) in IMAGES {
        let expected = [format!("-r-xr-xr-x 0/0 {called}"), "-r--r--r-- 0/0 sbom.cdx.json".to_owned()];
        assert_eq!(files(&archive, &tag(name))?, BTreeSet::from(expected), "{name}");
    }
    Ok(())
}

#[test]
fn a_program_needs_no_library_and_does_not_say_where_it_was_built() -> Result<()> {
    let home = std::env::var("HOME")?;
    let here = repository().canonicalize()?.display().to_string();
    for (_, program, _) in IMAGES {
        let path = built()?.join("context").join(program);
        let headers =
            run("readelf", &["--program-headers", "--dynamic", "--wide", &path.display().to_string()])?;
        for word in ["INTERP", "(NEEDED)"] {
            assert!(!headers.contains(word), "{program} is not static: {word}");
        }
        // Static, and still at a place that nobody knows beforehand.
        assert!(headers.contains("DYN"), "{program} is always at the same address");
        let bytes = fs::read(&path)?;
        for place in [here.as_str(), &format!("{home}/.cargo")] {
            let found = bytes.windows(place.len()).any(|window| window == place.as_bytes());
            assert!(!found, "{program} says that it was built in {place}");
        }
    }
    Ok(())
}

#[test]
fn the_list_names_every_crate_the_c_library_and_a_licence_for_each() -> Result<()> {
    for (program, within, without) in [
        ("intake", vec!["rustls", "ring", "hyper"], vec!["rusqlite", "axum", "simulator", "proptest"]),
        ("uplink", vec!["rustls", "ring", "hyper"], vec!["rusqlite", "axum", "simulator", "proptest"]),
        ("platform", vec!["rustls", "axum", "rusqlite", "sqlite"], vec!["reqwest", "simulator", "proptest"]),
        ("simulator", vec!["rustls"], vec!["rusqlite", "reqwest", "proptest"]),
        ("demo", vec!["adapter", "platform", "simulator", "rcgen"], vec!["proptest"]),
    ] {
        let list = built()?.join("context").join(format!("{program}.cdx.json"));
        let list: Value = serde_json::from_str(&fs::read_to_string(list)?)?;
        let package = if ["intake", "uplink"].contains(&program) { "adapter" } else { program };
        assert_eq!(
            (&list["bomFormat"], &list["metadata"]["component"]["name"]),
            (&"CycloneDX".into(), &package.into())
        );
        let components = list["components"].as_array().context("no components")?;
        let names: BTreeSet<_> =
            components.iter().filter_map(|component| component["name"].as_str()).collect();
        for name in within.into_iter().chain(["glibc", "libgcc", "rust-std", "tokio"]) {
            assert!(names.contains(name), "{program}: no {name}");
        }
        for name in without {
            assert!(!names.contains(name), "{program}: {name} is not in the program");
        }
        for component in components {
            assert!(
                component["licenses"][0]["expression"].is_string(),
                "{program}: no licence for {component}"
            );
            let purl = component["purl"].as_str().unwrap_or_default();
            let ours =
                ["adapter", "catalog", "parsers", "platform", "protocol", "release", "simulator", "site"];
            let summed = component["hashes"][0]["content"].is_string();
            let expected =
                purl.starts_with("pkg:cargo/") && !ours.iter().any(|our| component["name"] == *our);
            assert_eq!(summed, expected, "{program}: {component}");
        }
    }
    Ok(())
}

/// What a half cannot be told to do is not in its program: by words that only that code has.
#[test]
fn a_halfs_program_holds_what_the_half_needs_and_nothing_else() -> Result<()> {
    const TO_THE_PLATFORM: &str = "/Thingworx/";
    const TO_A_PRINTER: &str = "/api/printer/error";
    const TO_THE_ENGINE: &str = "HostConfig";
    let all = [TO_THE_PLATFORM, TO_A_PRINTER, TO_THE_ENGINE];
    for (program, words) in [("intake", vec![TO_A_PRINTER]), ("uplink", vec![TO_THE_PLATFORM])] {
        let bytes = fs::read(built()?.join("context").join(program))?;
        let holds = |word: &&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        assert_eq!(all.into_iter().filter(holds).collect::<Vec<_>>(), words, "{program}");
    }
    Ok(())
}

#[test]
fn packing_again_elsewhere_and_later_gives_the_same_digests() -> Result<()> {
    let built = built()?;
    let place = tempfile::tempdir_in(BELOW)?;
    let (context, archive) = (place.path().join("elsewhere"), place.path().join("again.tar"));
    fs::create_dir(&context)?;
    for file in fs::read_dir(built.join("context"))? {
        let file = file?;
        let copy = context.join(file.file_name());
        // With a time of now, and the mode of another umask.
        fs::write(&copy, fs::read(file.path())?)?;
        let mode = if file.metadata()?.permissions().mode() & 0o111 == 0 { 0o600 } else { 0o700 };
        fs::set_permissions(&copy, fs::Permissions::from_mode(mode))?;
    }
    let [context, archive] = [context, archive].map(|path| path.display().to_string());
    let packed = run("docker/pack", &["docker/Dockerfile", &context, env!("CARGO_PKG_VERSION"), &archive])?;
    assert_eq!(packed, fs::read_to_string(built.join("digests"))?);
    let sum = |path: &str| run("sha256sum", &[path]).map(|said| said.split(' ').next().map(str::to_owned));
    assert_eq!(sum(&archive)?, sum(&built.join("oneway.tar").display().to_string())?);
    Ok(())
}

#[test]
fn a_dockerfile_that_cannot_be_packed_is_refused_with_its_line() -> Result<()> {
    let place = tempfile::tempdir_in(BELOW)?;
    fs::write(place.path().join("file"), "content")?;
    let (dockerfile, archive) = (place.path().join("Dockerfile"), place.path().join("never.tar"));
    for (line, why) in [
        ("RUN true", "RUN"),
        ("FROM debian AS other", "from scratch"),
        ("COPY missing /missing", "No such file"),
        ("USER", "not enough values"),
        ("HEALTHCHECK --interval=soon CMD [\"/x\"]", "--interval=soon"),
    ] {
        fs::write(&dockerfile, format!("FROM scratch AS one\n{line}\n"))?;
        let [dockerfile, context, archive] =
            [dockerfile.as_path(), place.path(), archive.as_path()].map(|path| path.display().to_string());
        let refused = run("docker/pack", &[&dockerfile, &context, "1", &archive]).unwrap_err().to_string();
        assert!(refused.contains("Dockerfile:2: ") && refused.contains(why), "{line}: {refused}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_takes_the_archive_and_reads_the_dockerfile_as_we_do() -> Result<()> {
    let engine = engine(BELOW).await?;
    let archive = built()?.join("oneway.tar");
    let digests = fs::read_to_string(built()?.join("digests"))?;
    let context = built()?.join("context").display().to_string();
    let dockerfile = repository().join("docker/Dockerfile").display().to_string();
    for (name, ..) in IMAGES {
        let packed = engine.inspect(&tag(name)).await?;
        let id = packed["Id"].as_str().context("no id")?;
        ensure!(digests.contains(&format!("{}\t{id}\t", tag(name))), "{name}: another id than said: {id}");

        let theirs = format!("built/{name}");
        engine
            .docker(&[
                "build",
                "--quiet",
                "--target",
                name,
                "--tag",
                &theirs,
                "--file",
                &dockerfile,
                &context,
            ])
            .await?;
        let built = engine.inspect(&theirs).await?;
        for key in ["User", "Entrypoint", "Cmd", "Healthcheck", "ExposedPorts", "Volumes"] {
            assert_eq!(packed["Config"][key], built["Config"][key], "{name}: {key}");
        }
        // One image prepares the others' files, once and without a network; see docker/compose.yaml.
        let user = packed["Config"]["User"].as_str().unwrap_or_default();
        assert_eq!(user.starts_with("0:"), name == "prepare", "{name} runs as {user:?}");

        let saved = engine.directory().join("saved.tar");
        let path = saved.display().to_string();
        engine.docker(&["save", "--output", &path, &theirs]).await?;
        assert_eq!(
            files(&saved, &format!("{theirs}:latest"))?,
            files(&archive, &tag(name))?,
            "{name}: the engine puts in other files"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_shell_to_run() -> Result<()> {
    let engine = engine(BELOW).await?;
    for (name, _, called) in IMAGES {
        for word in ["/bin/sh", "sh"] {
            let refused =
                engine.docker(&["run", "--rm", "--network", "none", "--entrypoint", word, &tag(name)]).await;
            let refused = refused.err().with_context(|| format!("{name} runs {word}"))?.to_string();
            ensure!(refused.contains("no such file") || refused.contains("not found"), "{refused}");
        }
        // The program itself does run.
        let entry = format!("/{called}");
        let said = engine
            .docker(&["run", "--rm", "--network", "none", "--entrypoint", &entry, &tag(name), "--version"])
            .await?;
        ensure!(said.contains(env!("CARGO_PKG_VERSION")), "{name}: {said}");
    }
    Ok(())
}
