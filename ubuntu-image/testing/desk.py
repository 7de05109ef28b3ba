"""The makers' desk of a test: their keys, the root that a box trusts, and a release of a system, signed by all who have to.

usage: desk.py PROGRAMS DESK root                    makes keys and the first root
       desk.py PROGRAMS DESK publish VERSION OUTPUT  signs what `ubuntu-image/build` put out
"""

import os
import subprocess
import sys

HOLDERS = {"root": "anna", "targets": "dora", "snapshot": "gwen", "timestamp": "server"}
FOLDER = "release"


def main():
    programs, desk, what, *more = sys.argv[1:]

    def release(*words):
        done = subprocess.run([os.path.join(programs, "release"), *words], cwd=desk, check=True, capture_output=True, text=True)
        return done.stdout

    def key(role):
        return f"{HOLDERS[role]}/{HOLDERS[role]}.key"

    os.makedirs(desk, exist_ok=True)
    if what == "root":
        added = []
        for role, holder in HOLDERS.items():
            os.makedirs(os.path.join(desk, holder))
            release("key", "new", holder, "--out", holder)
            added += ["--add", f"{role}={holder}/{holder}.pub"]
        os.makedirs(os.path.join(desk, FOLDER))
        release("root", "new", FOLDER, *added)
        release("sign", f"{FOLDER}/1.root.signed", "--key", key("root"))
    else:
        version, output = more
        said = release("bundle", FOLDER, "--version", version, "--from", "0.1.0", "--configuration", "1-1", "--system", output)
        release("sign", f"{FOLDER}/{said.split(':')[0]}", "--key", key("targets"))
        for role in ["snapshot", "timestamp"]:
            release("renew", FOLDER, role, "--key", key(role))


main()
