"""A machine that `ubuntu-image/boot` starts: what it shows, its console where the addon gives one, and its power."""

import base64
import json
import os
import re
import socket
import subprocess
import time

# Much longer than anything takes: in software, beside others, one start can take five minutes.
PATIENCE = 1800


class Gone(Exception):
    """The machine has ended, or has started again."""


def until(what, met, patience=PATIENCE, every=0.5):
    """Asks again and again until there is an answer."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        answer = met()
        if answer:
            return answer
        time.sleep(every)
    raise AssertionError(f"waited {patience} s in vain: {what}")


class Machine:
    def __init__(self, repository, directory, image, accel, stick=None, printers="printers", uplink="cloud"):
        self.directory = directory
        self.disk = os.path.join(directory, "disk")
        self.command = [os.path.join(repository, "ubuntu-image/boot"), "--machine", directory, "--image", image, "--accel", accel,
                        "--printers", printers, "--uplink", uplink]
        self.stick, self.clock = stick, None
        self.program = self.console = None

    def start(self):
        self.started = time.monotonic()
        stick = (["--stick", self.stick] if self.stick else []) + (["--clock", self.clock] if self.clock else [])
        os.makedirs(self.directory, exist_ok=True)
        log = open(os.path.join(self.directory, "log"), "a")
        self.program = subprocess.Popen(self.command + stick, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.monitor = self.connect("monitor").makefile("rw")
        self.monitor.readline()
        self.ask("qmp_capabilities")
        self.console = None
        return self

    def connect(self, name):
        path = os.path.join(self.directory, name)

        def try_it():
            assert self.program.poll() is None, f"QEMU did not start: {open(os.path.join(self.directory, 'log')).read()}"
            # A socket's name may be too long to be said from elsewhere.
            here = os.open(self.directory, os.O_PATH)
            peer = socket.socket(socket.AF_UNIX)
            try:
                peer.connect(f"/proc/self/fd/{here}/{name}")
                return peer
            except OSError:
                return None
            finally:
                os.close(here)
        return until(f"{path}", try_it)

    def ask(self, command, **arguments):
        self.monitor.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.monitor.flush()
        while line := self.monitor.readline():
            answer = json.loads(line)
            if "return" in answer or "error" in answer:
                assert "return" in answer, answer
                return answer["return"]
        raise Gone

    def plug_in(self, stick):
        """Plugs in a stick while the machine runs."""
        file = {"driver": "file", "filename": stick}
        self.ask("blockdev-add", **{"node-name": "late", "driver": "raw", "read-only": True, "file": file})
        self.ask("device_add", driver="usb-storage", bus="usb.0", drive="late", id="late", removable=True)

    def seconds(self):
        return time.monotonic() - self.started

    def screen(self):
        with open(os.path.join(self.directory, "screen"), errors="replace") as file:
            return file.read()

    def until_shown(self, pattern, patience=PATIENCE):
        def met():
            found = re.search(pattern, self.screen())
            assert found or self.program.poll() is None, f"the machine has ended before it showed {pattern!r}:\n{self.screen()[-3000:]}"
            return found
        return until(f"{pattern!r} on the screen", met, patience)

    def open_console(self, patience=PATIENCE):
        """Waits until the console answers."""
        if self.console:
            self.console.close()
        peer = self.connect("console")
        peer.settimeout(2)
        deadline = time.monotonic() + patience
        said = b""
        while b"up-42\n" not in said.replace(b"\r", b""):
            assert time.monotonic() < deadline, f"no console; the screen:\n{self.screen()[-3000:]}"
            peer.sendall(b"\necho up-$((41+1))\n")
            try:
                said += peer.recv(65536)
            except TimeoutError:
                pass
        # What it still has to say of the other attempts.
        peer.settimeout(1)
        try:
            while peer.recv(65536):
                pass
        except TimeoutError:
            pass
        peer.settimeout(None)
        self.console = peer
        self.number = 0
        return self

    def run(self, script, fails=False, patience=PATIENCE):
        """Runs a script there as root, to its end; gives what it printed."""
        self.number += 1
        mark = f"END-{self.number}"
        coded = base64.b64encode(script.encode()).decode()
        # In pieces, since a terminal's line is short.
        self.console.sendall(b": >/run/script\n")
        for start in range(0, len(coded), 2000):
            self.console.sendall(f"printf %s {coded[start:start + 2000]} >>/run/script\n".encode())
        self.console.sendall(f"out=$(base64 -d /run/script | sh -eu 2>&1); echo \"{mark[:3]}\"\"{mark[3:]} $? $(printf %s \"$out\" | base64 -w0).\"\n".encode())
        said = b""
        self.console.settimeout(patience)
        while not (found := re.search(mark.encode() + rb" (\d+) ([A-Za-z0-9+/=]*)\.", said)):
            piece = self.console.recv(65536)
            if not piece:
                raise Gone
            said += piece
        printed = base64.b64decode(found[2]).decode(errors="replace")
        assert (found[1] != b"0") == fails, f"`{script}` gave {found[1].decode()}: {printed}"
        return printed

    def put(self, path, text, mode="644", owner="root:root"):
        coded = base64.b64encode(text.encode()).decode()
        self.run(f"mkdir -p $(dirname {path}); umask 077; base64 -d >{path} <<END\n{coded}\nEND\nchown {owner} {path}; chmod {mode} {path}")

    def stop(self):
        """Presses the power button."""
        self.ask("system_powerdown")
        self.program.wait(PATIENCE)

    def cut(self):
        """Pulls the plug."""
        if self.program.poll() is None:
            self.ask("quit")
            self.program.wait(PATIENCE)
