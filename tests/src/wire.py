"""A bad line between two Ethernet interfaces: each frame is lost with a probability, or comes late, in each direction.

    wire.py LOSS_PER_CENT DELAY_MS

makes the interfaces `wire0` and `wire1`, says `up`, and carries frames between them until its standard input ends. Then
it says how many frames it carried and how many it lost, as JSON. For kernels without `netem`.
"""

import collections
import fcntl
import json
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x0002 | 0x1000
# More than a jumbo frame.
FRAME_BYTES_MAX = 65536


def interface(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return device


def main():
    loss, delay = float(sys.argv[1]) / 100, float(sys.argv[2]) / 1000
    ends = [interface("wire0"), interface("wire1")]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    # Each frame is as late as any other, so the order in which they came is the order in which they go.
    under_way = collections.deque()
    carried, lost = 0, 0
    print("up", flush=True)
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        ready, _, _ = select.select([sys.stdin, *ends], [], [], wait)
        if sys.stdin in ready:
            break
        for end in set(ready) & set(ends):
            try:
                frame = os.read(end, FRAME_BYTES_MAX)
            except BlockingIOError:
                continue
            if random.random() < loss:
                lost += 1
            else:
                under_way.append((time.monotonic() + delay, other[end], frame))
        while under_way and under_way[0][0] <= time.monotonic():
            _, end, frame = under_way.popleft()
            try:
                os.write(end, frame)
                carried += 1
            except OSError:
                # An interface that is not up yet, or is full: a frame is lost there as on any other line.
                lost += 1
    print(json.dumps({"carried": carried, "lost": lost}), flush=True)


main()
