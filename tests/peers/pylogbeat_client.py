"""Sends lines with `pylogbeat`: one client, one window a batch, each waited for.

Standard input: {"port", "ca", "certificate", "key", "batches": [[line, …], …]}; without "ca", in clear.
Standard output: one line for each acknowledgement, `ack SEQUENCE`, as it comes.
"""

import json
import logging
import sys

import pylogbeat

# All events of a run have one time: what tells them apart, and a resend from a new line, is the line itself.
TIME = "2026-11-22T10:15:30.000Z"


class Acknowledgements(logging.Handler):
    """The client tells of them only in its own log."""

    def emit(self, record):
        said, _, sequence = record.getMessage().rpartition(": ")
        if said == "Received ACK":
            print("ack", sequence, flush=True)


def main():
    order = json.load(sys.stdin)
    pylogbeat.LOGGER.setLevel(logging.DEBUG)
    pylogbeat.LOGGER.addHandler(Acknowledgements())
    client = pylogbeat.PyLogBeatClient(
        "127.0.0.1",
        order["port"],
        ssl_enable="ca" in order,
        ca_certs=order.get("ca"),
        certfile=order.get("certificate"),
        keyfile=order.get("key"),
        use_logging=True,
    )
    with client:
        for batch in order["batches"]:
            client.send([{"@timestamp": TIME, "@version": "1", "message": line} for line in batch])


main()
