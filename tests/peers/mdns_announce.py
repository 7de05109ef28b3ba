"""Announces services with the library that the real products use (python-zeroconf), until standard input ends.

Arguments: the address of the interface, and the services as JSON.
"""

import json
import socket
import sys

from zeroconf import ServiceInfo, Zeroconf

responder = Zeroconf(interfaces=[sys.argv[1]])
for service in json.loads(sys.argv[2]):
    kind = service["type"] + ".local."
    info = ServiceInfo(
        kind,
        service["name"] + "." + kind,
        port=service["port"],
        server=service["host"] + ".local.",
        properties=service["txt"],
        # PrusaLink names none and leaves it to the computer's own responder.
        addresses=[socket.inet_aton(address) for address in service["addresses"]],
    )
    responder.register_service(info, allow_name_change=True)
print("announced", flush=True)
sys.stdin.read()
responder.close()
