"""Knocks at doors of a network, and opens some: for tests of a firewall.

knock.py serve tcp:PORT udp:PORT ...       answers there, until standard input ends; says "up" when all are open
knock.py try USER tcp|udp ADDRESS PORT ... tries each as this user; says "open" or "shut" for each
"""
import os
import socket
import sys
import threading

# A namespace's packets take microseconds. What has not come by then was dropped.
PATIENCE = 0.5


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(doors):
    for door in doors:
        kind, port = door.split(":")
        stream = kind == "tcp"
        listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        # Both families at one door.
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("::", int(port)))
        if stream:
            listener.listen()
        threading.Thread(target=answer, args=(listener, stream), daemon=True).start()
    print("up", flush=True)
    sys.stdin.read()


def answer(listener, stream):
    while True:
        if stream:
            caller, _ = listener.accept()
            caller.sendall(b"x")
            caller.close()
        else:
            _, caller = listener.recvfrom(64)
            listener.sendto(b"x", caller)


def knock(kind, address, port):
    door = socket.socket(family(address), socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    door.settimeout(PATIENCE)
    try:
        door.connect((address, port))
        if kind == "udp":
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
    words = sys.argv[3:]
    for kind, address, port in zip(words[::3], words[1::3], words[2::3]):
        print("open" if knock(kind, address, int(port)) else "shut", flush=True)


main()
