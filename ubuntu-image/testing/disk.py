"""A disk of a machine, seen from outside: its partitions, its kernel images, its bytes."""

import hashlib
import json
import subprocess


def partitions(disk, tools):
    """Where each partition begins, in bytes, and how long it is, by label."""
    table = json.loads(subprocess.check_output([*tools, "sfdisk", "--json", disk]))["partitiontable"]
    sector = table["sectorsize"]
    # The root and its hashes share a label; the root is the greater one.
    ordered = sorted(table["partitions"], key=lambda partition: partition["size"])
    return {p["name"]: (p["start"] * sector, p["size"] * sector, p) for p in ordered}


def esp(disk, tools):
    """The partition of the kernel images, as mtools name it."""
    return f"{disk}@@{partitions(disk, tools)['oneway-esp'][0]}"


def kernel_images(disk, tools):
    """Their names, with the tries that are left in them."""
    listed = subprocess.check_output([*tools, "mdir", "-b", "-i", esp(disk, tools), "::/EFI/Linux"], text=True)
    lines = [line.strip() for line in listed.splitlines()]
    return [line.removeprefix("::/EFI/Linux/") for line in lines if line.endswith(".efi")]


def kept(disk, tools, name):
    """A file of the state, as it lies on the disk."""
    start = partitions(disk, tools)["oneway-state"][0]
    return subprocess.run([*tools, "debugfs", "-R", f"cat /{name}", f"{disk}?offset={start}"], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def put(disk, tools, file, path):
    subprocess.run([*tools, "mcopy", "-o", "-i", esp(disk, tools), file, f"::{path}"], check=True)


def get(disk, tools, path, file):
    subprocess.run([*tools, "mcopy", "-o", "-n", "-i", esp(disk, tools), f"::{path}", file], check=True)


def add_console(disk, tools, addon):
    """Lays a signed addon beside the kernel images."""
    subprocess.run([*tools, "mmd", "-i", esp(disk, tools), "::/loader/addons"], check=True)
    put(disk, tools, addon, "/loader/addons/console.addon.efi")


def digest(disk):
    with open(disk, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flip(path, offset):
    """Changes one bit."""
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))
