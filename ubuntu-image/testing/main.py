"""Boots the image and tries whether it is what `docs/image.md` says. Ends with 1 at the first thing that is not so.

main.py REPOSITORY IMAGE ACCEL PROGRAMS BENCH WORK LOAD    in a network namespace of its own
"""

import os
import re
import shutil
import subprocess
import sys
import time

import disk
from machine import PATIENCE, Machine, until
from site_outside import BEATS, BOX_FOR_CLOUD, BOX_FOR_PRINTERS, PIP, PLATFORM, PRINTERS_HERE, PRINTERS_PLUG, RELEASES, UPLINK_PLUG, Listeners, Site, plug

REPOSITORY, IMAGE, ACCEL, PROGRAMS, BENCH, WORK, LOAD = *sys.argv[1:7], int(sys.argv[7])
TOOLS = [os.path.join(REPOSITORY, "ubuntu-image/tools")]
ADAPTER = "oslo-7"
# Lines that are enough to say that data flows: some of each printer.
SOME = 200
# Lines a second of each printer, as in docs/performance.md; the load they write at once.
PACE = 4.0
# What one step took, for whoever decides how often they run.
begun = time.monotonic()


def step(text):
    print(f"{time.monotonic() - begun:7.1f} s  {text}", flush=True)


def machine(name, base, known_to=None):
    """A machine with a copy of a disk. Its firmware knows the keys if that of another machine does."""
    made = Machine(REPOSITORY, os.path.join(WORK, name), base, ACCEL)
    os.makedirs(made.directory, exist_ok=True)
    if not os.path.exists(made.disk):
        subprocess.run(["cp", "--sparse=always", base, made.disk], check=True)
    if known_to:
        shutil.copy(os.path.join(known_to.directory, "variables"), made.directory)
    return made


def until_more(site, enough, what):
    """Waits for so many more lines at the platform."""
    wanted = site.lines() + enough
    # Many are long counted, and long on their way: a box in emulation takes some hundred in a second.
    until(f"{what}: {wanted} lines at the platform", lambda: site.lines() >= wanted, PATIENCE + enough / 100, every=2 + enough / 20_000)


def until_complete(site):
    """Waits until the platform has every line up to the newest that it has. What is on its way makes it wait, what is lost makes it fail."""
    until("every line of every printer at the platform", lambda: not site.incomplete(), every=2)


# --- from outside: nothing of these has a console, or anything else that a box at a customer's has not

def the_first_start_needs_nobody(box, site):
    """A new box, a stick of the platform's, the power: nothing else."""
    box.stick = site.stick(TOOLS, "first", ADAPTER, code=True)
    box.start()
    until_more(site, SOME, "the first data of a new box with a stick")
    step(f"a new box has taken the stick and its key, and data flows, {box.seconds():.0f} s after the power")
    scan(BOX_FOR_PRINTERS, {BEATS})
    scan(BOX_FOR_CLOUD, set())
    step("from outside there is nothing but the printers' port, on either side")
    box.cut()
    sealed = disk.kept(box.disk, TOOLS, "credentials")
    assert len(sealed) > 100, "nothing was kept"
    return sealed


def scan(address, expected):
    """Every TCP port, and the usual ones of UDP. A port may be missed by the sweep on a machine that is busy; none may be found."""
    def nmap(*words):
        return subprocess.check_output([*TOOLS, "nmap", "-n", "-Pn", *words, address], text=True)
    said = nmap("-sS", "-p-", "-T5", "--max-retries", "1", "--min-rate", "4000")
    found = {int(port) for port in re.findall(r"^(\d+)/tcp +open ", said, re.M)}
    assert found <= expected, said
    # Nothing is answered, not even with a no.
    assert not re.search(r"/tcp +closed", said), said
    for port in expected:
        said = nmap("-sT", "-p", str(port), "--max-retries", "10")
        assert re.search(rf"^{port}/tcp +open ", said, re.M), said
    said = nmap("-sU", "--top-ports", "200", "-T5", "--max-retries", "1", "--min-rate", "500")
    assert not re.search(r"/udp +(open|closed) ", said), said
    said = subprocess.run([*TOOLS, "nmap", "-n", "-sn", "-PE", "--send-ip", "--disable-arp-ping", address], stdout=subprocess.PIPE, text=True).stdout
    assert "Host is up" not in said, said


# --- from within, by the console of the bench

def what_was_sealed_without_an_addon_stays_shut(box, site, sealed):
    """The same box, with a signed addon: it is another kernel image's measurement. A stick with a new code sets it up again."""
    box.stick = site.stick(TOOLS, "second", ADAPTER, code=True)
    box.start().open_console()
    step(f"a console, {box.seconds():.0f} s after the power")
    box.put("/run/sealed", sealed.decode())
    said = box.run("systemd-creds decrypt --name=oneway-credentials /run/sealed -", fails=True)
    step(f"with an addon, what was sealed without it stays shut: {said.strip().splitlines()[-1]}")
    box.until_shown("a new configuration was taken from the stick")
    box.cut()
    step("a new stick is taken; the power is cut just then")


def the_power_is_cut_after_the_exchange(box):
    box.stick = None
    box.start()
    box.until_shown("that was taken before is in place")
    step("what was taken is there")
    box.until_shown("the key is kept")
    box.cut()
    step("the code is exchanged for a key; the power is cut just then")


def up_with_a_stick_that_cannot_be_read_and_a_wrong_clock(box, site):
    # Ahead, where every certificate has ended: one that is behind is set forward by the system itself.
    box.stick, box.clock = site.other_stick(TOOLS), "2031-01-01T00:00:00"
    box.start()
    box.until_shown("the stick ONEWAY cannot be read")
    until_more(site, SOME, "data from a box with a wrong clock and a stick that it cannot read")
    box.open_console()
    step(f"with a stick of another kind and a clock in 2031 data flows with what was kept, {box.seconds():.0f} s after the power")
    first = box.run("journalctl -b -o short-iso --no-pager | head -n 1")
    assert first.startswith("2031"), first
    off = abs(float(box.run("date +%s")) - time.time())
    assert off < 60, f"its clock is {off} s off"
    authenticated = box.run("chronyc -n authdata | tail -n 1")
    assert PLATFORM in authenticated and "NTS" in authenticated, authenticated
    step(f"the time is right, by NTS: {' '.join(authenticated.split())}")


def it_is_what_was_said(box):
    # The console is there long before the rest.
    box.run("timeout 900 systemctl is-system-running --wait || true")
    # The firmware started nothing but what is signed, the kernel nothing else either.
    assert "Secure Boot: enabled" in box.run("bootctl status --no-pager 2>/dev/null || true"), "Secure Boot is not on"
    assert "[confidentiality]" in box.run("cat /sys/kernel/security/lockdown")
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
    # Whom it listens to over a network: to printers, at the one port, and to itself.
    listening = box.run("ss -H -l -n -t -u | awk '{print $5}'").split()
    own = ("127.0.0.5", "[::1]", "127.0.0.1")
    others = [address for address in listening if not address.startswith(own)]
    assert all(address.endswith(f":{BEATS}") for address in others), listening
    profiles = box.run("cat /sys/kernel/security/apparmor/profiles")
    for profile in ["oneway-intake", "oneway-uplink", "/usr/sbin/chronyd"]:
        assert f"{profile} (enforce)" in profiles, profiles
    for chain in ["input", "forward", "output"]:
        assert "policy drop" in box.run(f"nft list chain inet oneway {chain}")
    # What is plugged in by USB and is no stick has no driver here.
    modules = box.run("find /usr/lib/modules -name '*.ko*' | sed 's,.*/,,; s,[.]ko.*,,'").split()
    assert "usb-storage" in modules
    for driver in ["usbnet", "cdc_ether", "usbhid", "usbserial", "snd-usb-audio", "thunderbolt", "firewire-core", "btrfs", "ntfs3", "exfat"]:
        assert driver not in modules, driver
    failed = box.run("systemctl --failed --no-legend --plain").strip()
    assert not failed, failed
    denied = box.run("journalctl -b --no-pager -o cat | grep apparmor=.DENIED || true").strip()
    assert not denied, denied
    exposed = {unit: box.run(f"systemd-analyze security --no-pager {unit}.service | tail -n 1 | grep -o -E '[0-9]+\\.[0-9]' | head -n 1").strip()
               for unit in ["oneway-site", "oneway-enrol", "oneway-intake", "oneway-uplink"]}
    step(f"it is what was said; systemd-analyze security: {exposed}")


def nobody_gets_out_of_his_own_way(box):
    """Every way that a user must not have is tried as him, past his own sandbox: the firewall alone is left to stop it. Somebody listens
    at the end of each, and must not be reached; and the firewall says that it has refused it."""
    printer, platform, resolver = ("tcp", PRINTERS_HERE, PIP + 1), ("tcp", PLATFORM, 443), ("tcp", "127.0.0.53", 53)
    releases = ("tcp", PLATFORM, RELEASES)
    others = Listeners(tcp=[(PLATFORM, port) for port in (22, 53)] + [(PRINTERS_HERE, port) for port in (22, 443)],
                       udp=[(PLATFORM, port) for port in (53, 5000)] + [(PRINTERS_HERE, port) for port in (53, 161)])
    ways = [("tcp", PLATFORM, 22), ("tcp", PLATFORM, 53), ("tcp", PLATFORM, 4460), ("udp", PLATFORM, 53), ("udp", PLATFORM, 5000),
            ("tcp", PRINTERS_HERE, 22), ("tcp", PRINTERS_HERE, 443), ("udp", PRINTERS_HERE, 53), ("udp", PRINTERS_HERE, 161)]

    def attempt(user, way):
        protocol, host, port = way
        said = "; echo hello >&3" if protocol == "udp" else ""
        return f"timeout 60 setpriv --reuid {user} --clear-groups bash -c 'exec 3<>/dev/{protocol}/{host}/{port}{said}'"

    refused = "nft list counter inet oneway refused_output | sed -n 's/.*packets \\([0-9]*\\).*/\\1/p'"
    tried = 0
    for user, reached, shut in [
        ("oneway-intake", [printer], [platform, releases, resolver, *ways]),
        ("oneway-uplink", [platform, resolver], [printer, releases, *ways]),
        ("oneway-update", [releases, resolver], [printer, platform, *ways]),
        ("nobody", [resolver], [printer, platform, releases, *ways]),
        ("root", [resolver], [printer, platform, releases, *ways]),
    ]:
        box.run("\n".join(attempt(user, way) for way in reached))
        counted = box.run("\n".join(f"{refused}; {attempt(user, way)} 2>/dev/null || true; {refused}" for way in shut)).split()
        for way, before, after in zip(shut, counted[::2], counted[1::2], strict=True):
            assert int(after) > int(before), f"{user} to {way}: not refused"
        tried += len(shut)
    assert not others.came, others.came
    step(f"nobody has another's way: {tried} were tried, all refused, and nobody was reached")


def the_typed_address_is_asked_for_releases(box, site):
    """By the unit and the user that the image has for it, over TLS. A server that has nothing is said, and is no failure."""
    had = len(site.releases.asked)
    # The timer may have had it asked a while ago, and then it would be hours to the next time.
    box.run("rm -f /run/oneway-update/take/asked; systemctl start oneway-update-address.service")
    asked = site.releases.asked[had:]
    assert asked[:1] == [("GET /oneway/2.root.signed HTTP/1.1", "TLSv1.3")], asked
    said = box.run("cat /run/oneway-update/said/account.json")
    assert "refused: timestamp.signed: is missing" in said, said
    shown = box.run("systemctl show -p User -p Result oneway-update-address.service").split()
    assert sorted(shown) == ["Result=success", "User=oneway-update"], shown
    step("the address of the stick was asked for a release, by TLS and as its own user; that it has none is said")


# What the kernel says of the disk: writes, sectors written, discards, sectors discarded, flushes.
WRITTEN = "awk '{print $5, $7, $12, $14, $16}' /sys/block/nvme0n1/stat"


def nothing_is_written(box, site):
    """Under load, and over a bad network."""
    counted, before = box.run(WRITTEN), disk.digest(box.disk)
    had, since = site.lines(), time.monotonic()
    site.write_more(LOAD)
    until_more(site, LOAD, "the load")
    until_complete(site)
    step(f"load of {site.lines() - had} lines in {time.monotonic() - since:.0f} s: not one is missing")
    for card in (PRINTERS_PLUG, UPLINK_PLUG):
        box.run(f"tc qdisc add dev {card} root netem loss 5% delay 300ms")
    until_more(site, SOME, "lines over a bad network")
    for card in (PRINTERS_PLUG, UPLINK_PLUG):
        box.run(f"tc qdisc del dev {card} root")
    step("data flows over a network with 5 % loss and 300 ms delay")
    assert box.run(WRITTEN) == counted, f"written to the disk: {counted} became {box.run(WRITTEN)}"
    assert disk.digest(box.disk) == before, "the disk is not what it was"
    step(f"nothing was written: {' '.join(counted.split())} as before, and the disk is {before[:16]}… as before")
    return before


def version(box):
    return box.run("sed -n 's/^IMAGE_VERSION=//p' /etc/os-release").strip().strip("'\"")


def a_start_writes_nothing(box, site, before):
    box.stick = box.clock = None
    box.start()
    until_more(site, SOME, "data after the power was cut")
    box.open_console()
    assert disk.digest(box.disk) == before, "a start has written"
    step("the power was cut, and a start from power to data: not a byte of the disk is another")


def a_release_is_taken_and_a_bad_one_goes_back(box, site):
    """Nobody touches the box but for plugging in the stick."""
    stick, folder = os.path.join(WORK, "next.stick"), os.path.join(WORK, "stick")
    os.makedirs(folder)
    subprocess.run(["cp", "-r", os.path.join(BENCH, "desk/release"), folder], check=True)
    subprocess.run([*TOOLS, "mke2fs", "-q", "-t", "ext4", "-L", "ONEWAY-NEW", "-d", folder, stick, "2G"], check=True)
    def images():
        # The box may be writing just now.
        try:
            return set(disk.kernel_images(box.disk, TOOLS))
        except subprocess.CalledProcessError:
            return set()

    was, names = version(box), images()
    box.plug_in(stick)
    new, = until("the release's system on the disk", lambda: images() - names, every=3)
    good = new.split("+")[0] + ".efi"
    # It starts by itself when nothing is held, and the count is taken off once everything has started.
    until("its tries are no longer counted", lambda: good in images(), every=3)
    until_more(site, SOME, "data from the next version")
    box.open_console()
    now = version(box)
    assert now != was, now
    box.stop()
    step(f"{now} was taken from a stick, verified, started by itself, and its tries are no longer counted")
    new = good.removesuffix(".efi") + "+3.efi"

    # The same once more as it came, but a bit of its root is not what it was: one that is read at each start.
    subprocess.run([*TOOLS, "mren", "-i", disk.esp(box.disk, TOOLS), f"::/EFI/Linux/{good}", f"::/EFI/Linux/{new}"], check=True)
    disk.flip(box.disk, disk.partitions(box.disk, TOOLS)[f"oneway_{now}"][0] + 1024 + 100)
    box.start()
    box.until_shown(r"(?i)verity.*(corrupt|mismatch|error)")
    step(f"a changed block of the root is noticed, {box.seconds():.0f} s after the power")
    until_more(site, SOME, "data from the version before")
    box.open_console()
    assert version(box) == was, version(box)
    spent, = set(disk.kernel_images(box.disk, TOOLS)) - {f"oneway_{was}.efi"}
    assert "+0-3" in spent, spent
    said = box.run("cat /run/oneway-update/said/account.json")
    assert "went_back" in said, said
    step(f"a version that cannot start was tried three times ({spent}), then {was} runs again, {box.seconds():.0f} s after the power")
    until_complete(site)
    step("through all of this not one line of a printer was lost")
    box.cut()


def another_machine_opens_nothing(box):
    """The disk in a machine with another TPM, everything else being the same."""
    thief = machine("thief", box.disk, known_to=box).start()
    thief.open_console()
    thief.run("systemd-creds decrypt --name=oneway-credentials /var/lib/oneway-state/credentials -", fails=True)
    thief.cut()
    step("the disk in another machine: the key stays shut")


def a_changed_kernel_image_is_refused(box):
    changed = machine("changed-kernel", box.disk, known_to=box)
    # Not the one whose tries are used up: it would not be started at all.
    name, = [image for image in disk.kernel_images(changed.disk, TOOLS) if "+" not in image]
    file = os.path.join(WORK, "kernel.efi")
    disk.get(changed.disk, TOOLS, f"/EFI/Linux/{name}", file)
    disk.flip(file, os.path.getsize(file) // 2)
    disk.put(changed.disk, TOOLS, file, f"/EFI/Linux/{name}")
    changed.start()
    changed.until_shown(r"(?i)access denied|security violation|error loading|failed to (start|load)")
    assert "Linux version" not in changed.screen()
    changed.cut()
    step(f"a changed kernel image is refused, {changed.seconds():.0f} s after the power")


def keys_of_real_boxes_make_no_addon():
    """The same keys, but nobody says of them that they are for tests."""
    keys, addon = os.path.join(WORK, "keys"), os.path.join(WORK, "refused.addon.efi")
    shutil.copytree(os.path.join(BENCH, "../keys"), keys, ignore=shutil.ignore_patterns("bench"))
    said = subprocess.run([os.path.join(REPOSITORY, "ubuntu-image/addon"), addon, keys], stderr=subprocess.PIPE, text=True)
    assert said.returncode == 1 and "not marked as keys for tests" in said.stderr, said
    assert not os.path.exists(addon)
    step("with keys that are not marked as ones for tests nobody makes a console")


def main():
    plug("printers", PRINTERS_HERE)
    plug("cloud", PLATFORM)
    os.environ["TERM"] = "dumb"
    addon = os.path.join(WORK, "console.addon.efi")
    subprocess.run([os.path.join(REPOSITORY, "ubuntu-image/addon"), addon, os.path.join(BENCH, "../keys")], check=True)
    site = Site(os.path.join(WORK, "site"), PROGRAMS, os.path.join(BENCH, "site.key"), printers=20)
    box = machine("box", IMAGE)
    try:
        site.start("platform", "serve")
        site.ask("user", "add", "demo", "--role", "admin", feed="a long enough password\n")
        site.log_in("demo", "a long enough password")
        site.page("/adapters", {"name": ADAPTER, "site": "Here"})
        site.simulate(PACE)
        site.tell_the_time(TOOLS)
        site.serve_releases()
        step("printers and platform run")
        keys_of_real_boxes_make_no_addon()
        sealed = the_first_start_needs_nobody(box, site)
        disk.add_console(box.disk, TOOLS, addon)
        what_was_sealed_without_an_addon_stays_shut(box, site, sealed)
        the_power_is_cut_after_the_exchange(box)
        up_with_a_stick_that_cannot_be_read_and_a_wrong_clock(box, site)
        it_is_what_was_said(box)
        nobody_gets_out_of_his_own_way(box)
        the_typed_address_is_asked_for_releases(box, site)
        before = nothing_is_written(box, site)
        box.cut()
        a_start_writes_nothing(box, site, before)
        a_release_is_taken_and_a_bad_one_goes_back(box, site)
        another_machine_opens_nothing(box)
        a_changed_kernel_image_is_refused(box)
    finally:
        if box.program:
            box.cut()
        site.stop()
    step("all is as it was said")


if __name__ == "__main__":
    main()
