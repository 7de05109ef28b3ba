"""Knocks at doors of a network, and opens some: for tests of a firewall.

knock.py serve KIND:PORT ...                      answers there, until standard input ends; says "up" when all are open
knock.py try USER open|shut KIND ADDRESS PORT ... tries each as this user; says "open" or "shut" for each

A kind is tcp, udp, lease (udp, from the port of a DHCP client) or held (tcp: the one who called ends it).
"""
import os
import socket
import sys
import threading

# A namespace's packets take microseconds, and whoever answers may have to wait for a processor. What is dropped gives no sign, so that
# a door which must be shut is given less time; that it was shut by the firewall, its counter says.
PATIENCE = {"open": 20, "shut": 0.5}
STREAMS = ("tcp", "held")
LEASE_PORT = 68


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def socket_of(kind, family):
    return socket.socket(family, socket.SOCK_STREAM if kind in STREAMS else socket.SOCK_DGRAM)


def serve(doors):
    for door in doors:
        kind, port = door.split(":")
        listener = socket_of(kind, socket.AF_INET6)
        # Both families at one door.
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("::", int(port)))
        if kind in STREAMS:
            listener.listen()
        else:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        threading.Thread(target=answer, args=(listener, kind), daemon=True).start()
    print("up", flush=True)
    sys.stdin.read()


def answer(listener, kind):
    while True:
        if kind in STREAMS:
            caller, _ = listener.accept()
            caller.sendall(b"x")
            if kind == "held":
                caller.recv(1)
            caller.close()
        else:
            # From the address that was asked, of several.
            _, asked, _, caller = listener.recvmsg(64, 64)
            listener.sendmsg([b"x"], asked, 0, caller)


def knock(expected, kind, address, port):
    door = socket_of(kind, family(address))
    door.settimeout(PATIENCE[expected])
    try:
        if kind == "lease":
            door.bind(("", LEASE_PORT))
        door.connect((address, port))
        if kind not in STREAMS:
            door.send(b"x")
        return door.recv(1) == b"x"
    except OSError:
        return False
    finally:
        door.close()


def main():
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
        return
    user = int(sys.argv[2])
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    words = iter(sys.argv[3:])
    for expected, kind, address, port in zip(words, words, words, words):
        print("open" if knock(expected, kind, address, int(port)) else "shut", flush=True)


main()
