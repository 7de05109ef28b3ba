"""What can be reached from here: `reach.py listen` waits on every address for whoever comes, `reach.py try TARGET…` goes there.

A target is `tcp:HOST:PORT`, or `name:RESOLVER:NAME` for a question of DNS. Prints a line for each that was reached.
"""

import selectors
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

PORT = 9999
# Whoever is there, on this machine, answers at once.
PATIENCE_S = 2


def question(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"


def listen():
    waiting = selectors.DefaultSelector()
    for kind, port in ((socket.SOCK_STREAM, PORT), (socket.SOCK_DGRAM, 53)):
        server = socket.socket(socket.AF_INET6, kind)
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind(("::", port))
        if kind == socket.SOCK_STREAM:
            server.listen()
        waiting.register(server, selectors.EVENT_READ)
    print("listening", flush=True)
    while True:
        for key, _ in waiting.select():
            server = key.fileobj
            if server.type == socket.SOCK_STREAM:
                server.accept()[0].close()
            else:
                asked, who = server.recvfrom(512)
                labels = asked[12:-5].decode(errors="replace")
                print("".join(c if c.isalnum() else "." for c in labels).strip("."), flush=True)
                server.sendto(asked[:2] + b"\x81\x83" + asked[4:], who)


def reaches(target):
    kind, rest = target.split(":", 1)
    try:
        if kind == "tcp":
            host, port = rest.rsplit(":", 1)
            socket.create_connection((host, int(port)), PATIENCE_S).close()
            return True
        resolver, name = rest.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(PATIENCE_S)
            asker.sendto(question(name), (resolver, 53))
            # The listener knows no name, and says so; a resolver that asks nobody fails.
            return asker.recv(512)[3] & 0x0F == 3
    except OSError:
        return False


if sys.argv[1] == "listen":
    listen()
else:
    targets = sys.argv[2:]
    # All at once: most of them are meant to answer nothing.
    with ThreadPoolExecutor(len(targets)) as pool:
        print("\n".join(target for target, reached in zip(targets, pool.map(reaches, targets)) if reached))
