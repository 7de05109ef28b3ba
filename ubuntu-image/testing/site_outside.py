"""The world outside the box: printers on one network, the platform on the other, both on this machine."""

import http.server
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

PRINTERS_NET, CLOUD_NET = "192.168.77", "203.0.113"
PRINTERS_HERE, BOX_FOR_PRINTERS = f"{PRINTERS_NET}.1", f"{PRINTERS_NET}.2"
PLATFORM, BOX_FOR_CLOUD = f"{CLOUD_NET}.1", f"{CLOUD_NET}.2"
BEATS, PIP = 5044, 7900
# Where releases are served, beside the platform.
RELEASES = 8443
# As the box names its two cards, by where `ubuntu-image/boot` puts them.
PRINTERS_PLUG, UPLINK_PLUG = "enp0s2", "enp0s3"


def plug(name, address):
    """One end of a cable; the machine takes the other."""
    for words in (["tuntap", "add", "dev", name, "mode", "tap"], ["address", "add", f"{address}/24", "dev", name], ["link", "set", name, "up"]):
        subprocess.run(["ip", *words], check=True)


class Listeners:
    """Whoever might be called and must not be: each takes what comes, and tells who came."""

    def __init__(self, tcp, udp):
        self.came = []
        for place in tcp:
            listening = socket.create_server(place)
            threading.Thread(target=self.accept, args=(listening, place), daemon=True).start()
        for place in udp:
            listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            listening.bind(place)
            threading.Thread(target=self.receive, args=(listening, place), daemon=True).start()

    def accept(self, listening, place):
        while True:
            peer, _ = listening.accept()
            self.came.append(("tcp", place))
            peer.close()

    def receive(self, listening, place):
        while True:
            listening.recvfrom(65536)
            self.came.append(("udp", place))


class Releases(http.server.ThreadingHTTPServer):
    """A web server for releases that has none: it notes what is asked and over which TLS, and says that nothing is there."""

    daemon_threads = True

    def __init__(self, certificate, key):
        super().__init__((PLATFORM, RELEASES), self.Handler)
        self.asked = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # Whoever connects and says nothing keeps nobody else waiting.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Who tries whether the way is open hangs up without TLS, and that is no fault of the server's."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append((self.requestline, self.connection.version()))
            self.send_error(404)

        def log_message(self, *_):
            pass


class Site:
    def __init__(self, directory, programs, site_key, printers):
        self.directory, self.programs, self.printers = directory, programs, [f"p{n + 1:02}" for n in range(printers)]
        self.running = {}
        os.makedirs(directory, exist_ok=True)
        self.certify()
        # The image knows the sticks of this platform by its key.
        self.write("site.key", open(site_key).read())
        os.chmod(self.file("site.key"), 0o600)
        self.write("platform.toml", f'[server]\nlisten = "{PLATFORM}:443"\npublic_url = "https://{PLATFORM}"\n'
                   f'certificate_file = "{self.file("platform.pem")}"\nkey_file = "{self.file("platform.key")}"\n\n'
                   f'[store]\npath = "{self.file("platform.db")}"\n')

    def file(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.file(name), "w") as file:
            file.write(text)

    def read(self, name):
        with open(self.file(name)) as file:
            return file.read()

    def certify(self):
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, cwd=self.directory, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *key, "-days", "30", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem")
        names = {"platform": f"IP:{PLATFORM}", "time": f"IP:{PLATFORM}", "adapter": "DNS:adapter", **{p: f"DNS:{p}" for p in self.printers}}
        for name, alternative in names.items():
            openssl("req", "-x509", *key, "-days", "30", "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}",
                    "-addext", "basicConstraints=critical,CA:FALSE", "-CA", "ca.pem", "-CAkey", "ca.key",
                    "-keyout", f"{name}.key", "-out", f"{name}.pem")
            os.chmod(self.file(f"{name}.key"), 0o600)

    def simulator(self):
        text = (f'seed = 7\n\n[beats]\naddress = "{BOX_FOR_PRINTERS}:{BEATS}"\nserver_name = "adapter"\nca_file = "{self.file("ca.pem")}"\n')
        for number, name in enumerate(self.printers, 1):
            logs = self.file(f"printers/{name}")
            os.makedirs(logs, exist_ok=True)
            text += (f'\n[[printers]]\nid = "{name}"\nmodel = "ProJet 7000 HD"\nserial = "SIM-{number:04}"\n'
                     f'certificate_file = "{self.file(name)}.pem"\nkey_file = "{self.file(name)}.key"\nclient_ca_file = "{self.file("ca.pem")}"\n'
                     f'pip_listen = "{PRINTERS_HERE}:{PIP + number}"\ndirectory = "{logs}"\nship = "beats"\n'
                     f'lines_per_second = {self.lines_per_second:.1f}\n')
        return text

    def typed(self, code):
        """What an admin types for a stick."""
        form = {
            "expires": "1", "platform.url": f"https://{PLATFORM}", "platform.authority": self.read("ca.pem"),
            "network.printers.interface": PRINTERS_PLUG, "network.printers.address": f"{BOX_FOR_PRINTERS}/24",
            "network.uplink.interface": UPLINK_PLUG, "network.uplink.address": f"{BOX_FOR_CLOUD}/24", "network.uplink.gateway": PLATFORM,
            "network.dns": PLATFORM, "network.nts": PLATFORM, "beats": "tls", "beats.port": str(BEATS), "push": "off",
            "tls.authority": self.read("ca.pem"), "tls.certificate": self.read("adapter.pem"), "tls.key": self.read("adapter.key"),
            "updates.url": f"https://{PLATFORM}:{RELEASES}/oneway", "updates.authority": self.read("ca.pem"),
        }
        if code:
            form["code"] = "on"
        for number, name in enumerate(self.printers):
            printer = {"id": name, "query": "pip", "at": f"{PRINTERS_HERE}:{PIP + number + 1}", "server_name": name, "interval": "1s",
                       "family": "projet", "zone": "UTC", "beats": name}
            form |= {f"printers[{number}].{field}": text for field, text in printer.items()}
        return form

    def log_in(self, name, password):
        """As a browser does."""
        trusted = ssl.create_default_context(cafile=self.file("ca.pem"))
        self.browser = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusted), urllib.request.HTTPCookieProcessor())
        self.browser.addheaders = [("Sec-Fetch-Site", "same-origin")]
        self.page("/login", {"name": name, "password": password})

    def page(self, path, form=None):
        sent = urllib.parse.urlencode(form).encode() if form else None
        try:
            return self.browser.open(f"https://{PLATFORM}{path}", sent, timeout=60).read()
        except urllib.error.HTTPError as refused:
            complaint = re.search(r'id="complaint">(.*?)</div>', refused.read().decode(), re.S)
            raise AssertionError(f"{path}: {refused.code} {complaint and complaint[1]}") from refused

    def stick_file(self, adapter, code):
        """The file that the platform makes for a stick of this adapter."""
        path, = re.findall(rf'id="stick-{adapter}" href="([^"]+)"', self.page("/adapters").decode())
        return self.page(path, self.typed(code) | {"do": "make"})

    def stick(self, tools, name, adapter, code):
        """A stick with the file that the platform makes."""
        stick = self.file(f"{name}.stick")
        with open(self.file("oneway.site"), "wb") as file:
            file.write(self.stick_file(adapter, code))
        subprocess.run([*tools, "mkfs.vfat", "-C", "-n", "ONEWAY", stick, "65536"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*tools, "mcopy", "-i", stick, self.file("oneway.site"), "::oneway.site"], check=True)
        return stick

    def other_stick(self, tools):
        """One that Windows made of a large stick: the right label, a file system that the box does not read."""
        stick = self.file("exfat.stick")
        with open(stick, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run([*tools, "mkfs.exfat", "-L", "ONEWAY", stick], check=True, stdout=subprocess.DEVNULL)
        return stick

    def start(self, role, *words):
        log = open(self.file(f"{role}.log"), "a")
        program = subprocess.Popen([os.path.join(self.programs, role), *words, "--config", self.file(f"{role}.toml")], stdout=subprocess.PIPE,
                                   stderr=log, stdin=subprocess.PIPE, text=True)
        line = program.stdout.readline()
        assert '"ready"' in line, f"{role}: {line} {self.read(role + '.log')[-2000:]}"
        self.running[role] = program

    def serve_releases(self):
        """None: the box's next system comes by a stick, and this says what of it is asked."""
        self.releases = Releases(self.file("platform.pem"), self.file("platform.key"))

    def tell_the_time(self, tools):
        """A server of NTS. It does not touch this machine's clock, and knows no better one."""
        self.write("time.conf", f"local stratum 1\nallow all\nbindaddress {PLATFORM}\ncmdport 0\npidfile {self.file('time.pid')}\n"
                   f"ntsserverkey {self.file('time.key')}\nntsservercert {self.file('time.pem')}\n")
        log = open(self.file("time.log"), "a")
        self.running["time"] = subprocess.Popen([*tools, "chronyd", "-d", "-x", "-u", "root", "-f", self.file("time.conf")], stdout=log, stderr=log)

    def ask(self, *words, feed=""):
        return subprocess.run([os.path.join(self.programs, "platform"), *words, "--config", self.file("platform.toml")], input=feed, text=True,
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def lines(self):
        """The printers' lines that the platform has, each counted once."""
        return json.loads(self.ask("report"))["records"]["distinct"]

    def incomplete(self):
        """The printers of which the platform does not have every line, from the first on."""
        printers = json.loads(self.ask("report"))["log_records"]
        return [printer["thing"] for printer in printers if printer["first"] != 1 or printer["missing"]]

    def write_more(self, lines):
        """Has the printers write so many lines besides, as fast as any may."""
        commands = self.running["simulator"].stdin
        commands.write(f"write {-(-lines // len(self.printers))}\n")
        commands.flush()

    def simulate(self, lines_per_second):
        """Starts the printers, at this pace each."""
        self.lines_per_second = lines_per_second
        self.write("simulator.toml", self.simulator())
        self.start("simulator", "run")

    def stop(self):
        for program in self.running.values():
            program.terminate()
        for program in self.running.values():
            program.wait(60)
