"""Boots the image and tries whether it is what `docs/image.md` says. Ends with 1 at the first thing that is not so.

main.py REPOSITORY IMAGE ACCEL PROGRAMS WORK LOAD NEXT    in a network namespace of its own
"""

import os
import re
import shutil
import subprocess
import sys
import time

import disk
from machine import Gone, Machine, until
from site_outside import (BEATS, BOX_FOR_CLOUD, BOX_FOR_PRINTERS, PIP, PLATFORM, PRINTERS_HERE, Site, plug)

REPOSITORY, IMAGE, ACCEL, PROGRAMS, WORK, LOAD, NEXT = *sys.argv[1:6], float(sys.argv[6]), sys.argv[7]
TOOLS = [os.path.join(REPOSITORY, "ubuntu-image/tools")]
# What one step took, for whoever decides how often they run.
begun = time.monotonic()


def step(text):
    print(f"{time.monotonic() - begun:7.1f} s  {text}", flush=True)


def machine(name, base=IMAGE, **more):
    directory = os.path.join(WORK, name)
    os.makedirs(directory, exist_ok=True)
    made = Machine(REPOSITORY, directory, base, ACCEL, **more)
    if not os.path.exists(made.disk):
        subprocess.run(["cp", "--sparse=always", base, made.disk], check=True)
    return made


# --- what it is, seen from within

def until_up(box):
    """The console is there long before the rest: before the message bus, and the network's manager."""
    box.run("timeout 300 systemctl is-system-running --wait || true")


def it_is_what_was_said(box):
    until_up(box)
    # The firmware started nothing but what is signed, the kernel nothing else either.
    assert "Secure Boot: enabled" in box.run("bootctl status --no-pager 2>/dev/null || true"), "Secure Boot is not on"
    assert "[integrity]" in box.run("cat /sys/kernel/security/lockdown")
    verity = box.run("veritysetup status root 2>/dev/null || cat /sys/block/dm-0/dm/uuid; grep -w / /proc/mounts; cat /sys/block/dm-0/ro")
    assert "CRYPT-VERITY" in verity or "verified" in verity, verity
    assert "overlay / overlay" in verity, verity
    # Of the disk nothing is mounted for writing, and there is no swap.
    mounts = box.run("cat /proc/mounts")
    writable = [line for line in mounts.splitlines() if line.startswith("/dev/") and re.search(r" (\S*,)?rw[, ]", line)]
    assert not writable, writable
    assert box.run("cat /proc/swaps").count("\n") == 0
    # No way to log in, no core, a journal in memory alone.
    assert box.run("pgrep -x 'agetty|login|sshd|sulogin' || true") == ""
    assert box.run("systemctl list-units --all --no-legend 'getty*' 'serial-getty*' 'ssh*' | grep -v -w masked || true") == ""
    assert box.run("cat /proc/sys/kernel/core_pattern") == "|/bin/false"
    assert box.run("ls /var/log/journal 2>/dev/null || true") == ""
    assert box.run("awk -F: '$2 !~ /^[!*]/' /etc/shadow") == "", "somebody has a password"
    # Whom it listens to over a network, before there is a configuration: to nobody but itself.
    listening = box.run("ss -H -l -n -t -u | awk '{print $5}'").split()
    assert all(address.startswith(("127.0.0.5", "[::1]", "127.0.0.1")) for address in listening), listening
    profiles = box.run("cat /sys/kernel/security/apparmor/profiles")
    for profile in ["oneway-intake", "oneway-uplink", "/usr/sbin/chronyd"]:
        assert f"{profile} (enforce)" in profiles, profiles
    for chain in ["input", "forward", "output"]:
        assert "policy drop" in box.run(f"nft list chain inet oneway {chain}")
    step("what is on it: " + box.run("systemd-analyze time 2>/dev/null | head -n 1 || true"))


def scan(address, expected):
    """Every TCP port, and the usual ones of UDP."""
    def nmap(*words):
        return subprocess.check_output([*TOOLS, "nmap", "-n", "-Pn", "-T5", "--max-retries", "1", *words, address], text=True)
    said = nmap("-sS", "-p-", "--min-rate", "4000")
    found = {int(port) for port in re.findall(r"^(\d+)/tcp +open ", said, re.M)}
    assert found == expected, said
    assert not re.search(r"/tcp +closed", said), said
    said = nmap("-sU", "--top-ports", "200", "--min-rate", "500")
    assert not re.search(r"/udp +(open|closed) ", said), said
    said = subprocess.run(["ping", "-c", "2", "-W", "1", address], stdout=subprocess.PIPE, text=True).stdout if shutil.which("ping") else ""
    assert "bytes from" not in said, said


# --- configured over the console of the bench: the stick's own test is `stick`

NETWORK = """[Match]
Name={name}
[Network]
Address={address}/24
LinkLocalAddressing=no
IPv6AcceptRA=no
"""


def interfaces(box):
    """The cards by what they are plugged into; the console may be there before they are."""
    def found():
        listed = box.run("for card in /sys/class/net/*; do echo $(cat $card/address) $(basename $card); done")
        cards = dict(line.split() for line in listed.splitlines() if " en" in line)
        return cards if len(cards) == 2 else None
    cards = until("two network cards", found)
    return cards["52:54:00:0e:00:01"], cards["52:54:00:0e:00:02"]


def configure(box, site):
    printers, cloud = interfaces(box)
    for name in ["ca.pem", "adapter.pem"]:
        box.put(f"/etc/oneway/{name}", site.read(name))
    box.put("/etc/oneway/adapter.toml", site.adapter())
    box.put("/run/systemd/network/10-printers.network", NETWORK.format(name=printers, address=BOX_FOR_PRINTERS))
    box.put("/run/systemd/network/10-uplink.network", NETWORK.format(name=cloud, address=BOX_FOR_CLOUD))
    asked = ", ".join(f"{PRINTERS_HERE} . {PIP + n}" for n, _ in enumerate(site.printers, 1))
    box.put("/run/elements.nft", f"""
add element inet oneway printers_side {{ "{printers}" }}
add element inet oneway uplink_side {{ "{cloud}" }}
add element inet oneway intake_ports {{ {BEATS} }}
add element inet oneway printers_v4 {{ {asked} }}
add element inet oneway platform_ports {{ 443 }}
add element inet oneway platform_v4 {{ {PLATFORM} }}
""")
    box.run("nft -f /run/elements.nft; networkctl reload; /usr/lib/systemd/systemd-networkd-wait-online --timeout=60")


def enrol(box, site):
    """Into the state, sealed with the TPM, as the stick's command does."""
    code = site.ask("adapter", "create", "bench-1", "--site", "Here")
    box.put("/run/code", code)
    box.put("/run/adapter.key", site.read("adapter.key"), "600")
    box.run("""
umask 077; mkdir -p /etc/oneway/sealed
systemd-creds encrypt --with-key=tpm2 --name=secret_adapter.key /run/adapter.key /etc/oneway/sealed/adapter.key
nft add element inet oneway platform_users { 0 }
oneway-adapter enrol --with-key tpm2 --config /etc/oneway/adapter.toml </run/code
nft flush set inet oneway platform_users
umount /var/lib/oneway-state
mount -t ext4 "$(/usr/lib/oneway/disk oneway-state)" /var/lib/oneway-state
cp -r /etc/oneway/credentials /etc/oneway/identity /etc/oneway/sealed /var/lib/oneway-state/
umount /var/lib/oneway-state
/usr/lib/oneway/mount-state
""")


def take_what_was_enrolled(box):
    box.run("cp -r /var/lib/oneway-state/credentials /var/lib/oneway-state/identity /var/lib/oneway-state/sealed /etc/oneway/")


def start_halves(box):
    box.run("systemctl --job-mode=ignore-requirements start oneway-uplink oneway-intake || { journalctl -b --no-pager -n 60; exit 1; }")


def time_is_taken_from_the_site_alone(box, site):
    box.put("/etc/chrony/trusted/site.pem", site.read("ca.pem"))
    box.run("date --set '2026-01-01 00:00:00'")
    box.put("/run/chrony-dhcp/site.sources", f"server {PLATFORM} iburst nts\n")
    box.run("systemctl restart chrony")
    until("the time by NTS", lambda: "2026-01" not in box.run("date --iso-8601=seconds"), 120)
    authenticated = box.run("chronyc -n authdata | tail -n 1")
    assert PLATFORM in authenticated and "NTS" in authenticated, authenticated
    step(f"a clock that was wrong by months is right, by NTS: {' '.join(authenticated.split())}")


def until_stored(site, enough, what):
    def met():
        report = site.stored()
        return report if report["records"]["distinct"] >= enough else None
    return until(what, met)


def neither_half_gets_out_of_its_own_way(box):
    """Every way that a half must not have is tried as its user, past its own sandbox: the firewall alone is left to stop it."""
    printer, platform = (PRINTERS_HERE, PIP + 1), (PLATFORM, 443)
    for user, reached, refused in [
        ("oneway-intake", [printer], [platform, (PLATFORM, 4460), (PRINTERS_HERE, 22), (PLATFORM, 53), ("127.0.0.53", 53), ("127.0.0.1", 9)]),
        ("oneway-uplink", [platform], [printer, (PLATFORM, 22), (PLATFORM, 4460), (PRINTERS_HERE, 443)]),
        ("nobody", [], [printer, platform, (PLATFORM, 53)]),
        ("root", [], [printer, platform, (PLATFORM, 22)]),
    ]:
        def attempt(where):
            return f"setpriv --reuid {user} --clear-groups bash -c 'exec 3<>/dev/tcp/{where[0]}/{where[1]}'"
        for where in reached:
            box.run(f"timeout 10 {attempt(where)}")
        for where in refused:
            said = box.run(f"timeout 5 {attempt(where)}", fails=True)
            assert "refused" in said or "unreachable" in said or said == "", f"{user} to {where}: {said}"
    assert re.search(r'comment "refused".*|packets [1-9]', box.run("nft list chain inet oneway output"))


def data_flows_and_the_disk_stays(box, site):
    box.start().open_console()
    step(f"on, with Secure Boot, {box.seconds():.0f} s after the power")
    it_is_what_was_said(box)
    configure(box, site)
    enrol(box, site)
    start_halves(box)
    time_is_taken_from_the_site_alone(box, site)
    until_stored(site, 20 * len(site.printers), "the first lines at the platform")
    step("data flows from printers here to the platform here, through the box")
    neither_half_gets_out_of_its_own_way(box)
    step("neither half has the other's way, nor has anybody else one")
    box.stop()
    before = disk.digest(box.disk)
    step(f"off; the disk is {before[:16]}…")

    box.start().open_console()
    until_up(box)
    configure(box, site)
    take_what_was_enrolled(box)
    start_halves(box)
    step(f"on again, {box.seconds():.0f} s after the power; the key opens")
    already = site.stored()["records"]["distinct"]
    scan(BOX_FOR_PRINTERS, {BEATS})
    scan(BOX_FOR_CLOUD, set())
    step("from outside there is nothing but the printers' port")
    written = "awk '/nvme0n1 / {print $8, $10}' /proc/diskstats"
    first = box.run(written)
    until_stored(site, already + LOAD * site.lines_per_second * len(site.printers) * 0.9, "the load")
    step(f"load of {site.stored()['records']['distinct'] - already} lines")
    printers, cloud = interfaces(box)
    for card in (printers, cloud):
        box.run(f"tc qdisc add dev {card} root netem loss 5% delay 300ms")
    slow = site.stored()["records"]["distinct"]
    report = until_stored(site, slow + 20 * len(site.printers), "lines over a bad network")
    step(f"5 % loss and 300 ms: {report['records']['distinct'] - slow} more lines")
    for card in (printers, cloud):
        box.run(f"tc qdisc del dev {card} root")
    assert box.run(written) == first, f"written to the disk: {first} became {box.run(written)}"
    step(f"denied by AppArmor: {box.run('journalctl -b --no-pager -o cat | grep -c apparmor=.DENIED || true')}; failed: {box.run('systemctl --failed --no-legend --plain | cut -d. -f1').split()}")
    box.stop()
    after = disk.digest(box.disk)
    assert before == after, f"the disk was {before} and is {after}"
    step("off; the disk is bit for bit what it was")
    report = site.stored()
    step(f"at the platform: {report['records']}")


def power_cuts_lock_nothing(box):
    """A TPM counts starts that no orderly end came before; it must open all the same."""
    before = disk.digest(box.disk)
    for _ in range(5):
        box.start().until_shown("Welcome to")
        box.cut()
    box.start().open_console()
    box.run("systemd-creds decrypt --name=oneway-credentials /var/lib/oneway-state/credentials - | grep -q key")
    box.stop()
    assert disk.digest(box.disk) == before
    step("the power was cut five times: the key opens, the disk is what it was")


def another_machine_opens_nothing(box):
    """The disk in a machine with another TPM."""
    thief = machine("thief", base=box.disk).start().open_console()
    thief.run("systemd-creds decrypt --name=oneway-credentials /var/lib/oneway-state/credentials -", fails=True)
    thief.stop()
    step("the disk in another machine: the key stays shut")


def changed_kernel_image_is_refused(box):
    changed = machine("changed-kernel", base=box.disk)
    name, file = disk.kernel_images(changed.disk, TOOLS)[0], os.path.join(WORK, "kernel.efi")
    disk.get(changed.disk, TOOLS, f"/EFI/Linux/{name}", file)
    disk.flip(file, os.path.getsize(file) // 2)
    disk.put(changed.disk, TOOLS, file, f"/EFI/Linux/{name}")
    # Its firmware knows the keys: it is the same machine.
    shutil.copy(os.path.join(box.directory, "variables"), os.path.join(changed.directory, "variables"))
    changed.start()
    changed.until_shown(r"(?i)access denied|security violation|error loading|failed to (start|load)")
    step(f"a changed kernel image is refused, {changed.seconds():.0f} s after the power")
    assert "Linux version" not in changed.screen()
    changed.cut()


def changed_root_is_noticed(box):
    changed = machine("changed-root", base=box.disk)
    shutil.copy(os.path.join(box.directory, "variables"), os.path.join(changed.directory, "variables"))
    (start, size, _) = disk.partitions(changed.disk, TOOLS)[os.path.basename(IMAGE).removesuffix(".raw")]
    # One bit of a block that is read at each start: the file system's own first one.
    disk.flip(changed.disk, start + 1024 + 100)
    changed.start()
    changed.until_shown(r"(?i)verity.*(corrupt|mismatch|error)")
    step(f"a changed block of the root is noticed, {changed.seconds():.0f} s after the power")
    changed.cut()


def version(box):
    return box.run("sed -n 's/^IMAGE_VERSION=//p' /etc/os-release").strip('"')


def the_next_version_starts_and_a_bad_one_goes_back(box):
    old, new = disk.kernel_images(box.disk, TOOLS)[0], None
    box.stick = os.path.join(WORK, "next")
    subprocess.run([*TOOLS, "mke2fs", "-q", "-t", "ext4", "-d", NEXT, box.stick, "2G"], check=True)
    box.start().open_console()
    before = version(box)
    box.run("mkdir -p /run/oneway-update; mount -o ro /dev/disk/by-id/usb-QEMU* /run/oneway-update; systemctl start oneway-update || "
            "{ journalctl -b -u oneway-update --no-pager; exit 1; }; umount /run/oneway-update")
    box.stop()
    new, = set(disk.kernel_images(box.disk, TOOLS)) - {old}
    assert "+3" in new, new
    step(f"an update lies beside: {new}")

    box.stick = None
    box.start().open_console()
    after = version(box)
    assert after != before, after
    until_up(box)
    box.stop()
    good = new.split("+")[0] + ".efi"
    assert good in disk.kernel_images(box.disk, TOOLS), disk.kernel_images(box.disk, TOOLS)
    step(f"{after} runs, and its tries are no longer counted")

    # The same once more, but its root is not what it was.
    subprocess.run([*TOOLS, "mren", "-i", disk.esp(box.disk, TOOLS), f"::/EFI/Linux/{good}", f"::/EFI/Linux/{new}"], check=True)
    disk.flip(box.disk, disk.partitions(box.disk, TOOLS)[f"oneway_{after}"][0] + 1024 + 100)
    box.start().open_console()
    assert version(box) == before, version(box)
    step(f"a version that cannot start was tried three times, then {before} again, {box.seconds():.0f} s after the power")
    box.stop()


def main():
    plug("printers", PRINTERS_HERE)
    plug("cloud", PLATFORM)
    os.environ["TERM"] = "dumb"
    addon = os.path.join(WORK, "console.addon.efi")
    subprocess.run([os.path.join(REPOSITORY, "ubuntu-image/addon"), addon], check=True)
    site = Site(os.path.join(WORK, "site"), PROGRAMS, printers=20, lines_per_second=5)
    box = machine("box")
    disk.add_console(box.disk, TOOLS, addon)
    site.start("platform", "serve")
    site.ask("user", "add", "demo", "--role", "admin", feed="a long enough password\n")
    site.start("simulator", "run")
    site.tell_the_time(TOOLS)
    step("printers and platform run")
    running = [box]
    try:
        data_flows_and_the_disk_stays(box, site)
        changed_kernel_image_is_refused(box)
        changed_root_is_noticed(box)
        another_machine_opens_nothing(box)
        power_cuts_lock_nothing(box)
        if NEXT:
            the_next_version_starts_and_a_bad_one_goes_back(box)
    finally:
        site.stop()
        for one in running:
            one.cut() if one.program else None
    step("all is as it was said")


main()
