"""The world outside the box: printers on one network, the platform on the other, both on this machine."""

import json
import os
import subprocess

PRINTERS_NET, CLOUD_NET = "192.168.77", "203.0.113"
PRINTERS_HERE, BOX_FOR_PRINTERS = f"{PRINTERS_NET}.1", f"{PRINTERS_NET}.2"
PLATFORM, BOX_FOR_CLOUD = f"{CLOUD_NET}.1", f"{CLOUD_NET}.2"
BEATS, PIP = 5044, 7900


def plug(name, address):
    """One end of a cable; the machine takes the other."""
    for words in (["tuntap", "add", "dev", name, "mode", "tap"], ["address", "add", f"{address}/24", "dev", name], ["link", "set", name, "up"]):
        subprocess.run(["ip", *words], check=True)


class Site:
    def __init__(self, directory, programs, printers, lines_per_second):
        self.directory, self.programs, self.printers = directory, programs, [f"p{n + 1:02}" for n in range(printers)]
        self.lines_per_second = lines_per_second
        self.running = {}
        os.makedirs(directory, exist_ok=True)
        self.certify()
        self.write("platform.toml", f'[server]\nlisten = "{PLATFORM}:443"\npublic_url = "https://{PLATFORM}"\n'
                   f'certificate_file = "{self.file("platform.pem")}"\nkey_file = "{self.file("platform.key")}"\n\n'
                   f'[store]\npath = "{self.file("platform.db")}"\n')
        self.write("simulator.toml", self.simulator())

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

    def adapter(self):
        """The configuration as the box has it."""
        own = 'certificate_file = "adapter.pem"\nkey_file = "$CREDENTIALS_DIRECTORY/secret_adapter.key"\n'
        text = (f'[platform]\nurl = "https://{PLATFORM}"\nca_file = "ca.pem"\ncredentials_file = "credentials"\n\n'
                f'[link]\nsocket = "/run/oneway/link.sock"\nidentity_file = "identity"\n\n'
                f'[beats]\nlisten = "0.0.0.0:{BEATS}"\n{own}client_ca_file = "ca.pem"\n\n[pip]\nca_file = "ca.pem"\n{own}')
        for number, name in enumerate(self.printers, 1):
            text += (f'\n[[printers]]\nid = "{name}"\nfamily = "projet"\nbeats = {{ certificate = "{name}" }}\n'
                     f'pip = {{ address = "{PRINTERS_HERE}:{PIP + number}", server_name = "{name}", interval = "1s" }}\n')
        return text

    def start(self, role, *words):
        log = open(self.file(f"{role}.log"), "a")
        program = subprocess.Popen([self.programs, role, *words, "--config", self.file(f"{role}.toml")], stdout=subprocess.PIPE,
                                   stderr=log, stdin=subprocess.PIPE, text=True)
        line = program.stdout.readline()
        assert '"ready"' in line, f"{role}: {line} {self.read(role + '.log')[-2000:]}"
        self.running[role] = program

    def tell_the_time(self, tools):
        """A server of NTS. It does not touch this machine's clock, and knows no better one."""
        self.write("time.conf", f"local stratum 1\nallow all\nbindaddress {PLATFORM}\ncmdport 0\npidfile {self.file('time.pid')}\n"
                   f"ntsserverkey {self.file('time.key')}\nntsservercert {self.file('time.pem')}\n")
        log = open(self.file("time.log"), "a")
        self.running["time"] = subprocess.Popen([*tools, "chronyd", "-d", "-x", "-u", "root", "-f", self.file("time.conf")], stdout=log, stderr=log)

    def ask(self, *words, feed=""):
        return subprocess.run([self.programs, "platform", *words, "--config", self.file("platform.toml")], input=feed, text=True,
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def stored(self):
        return json.loads(self.ask("report"))

    def stop(self):
        for program in self.running.values():
            program.terminate()
        for program in self.running.values():
            program.wait(60)
