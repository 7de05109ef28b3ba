"""Logs lines through `python-logstash-async` as a program would, and waits until it has nothing left to send.

It makes a connection for each fifty events, with a window for each twenty-five.

Standard input: {"port", "ca", "certificate", "key", "batches": [[line, …], …]}; without "ca", in clear.
Standard output: one line for each acknowledgement, `ack SEQUENCE`, as it comes.
"""

import json
import logging
import sys
import time

import logstash_async
import pylogbeat
from logstash_async.constants import constants
from logstash_async.handler import AsynchronousLogstashHandler

# It looks for new events every two seconds and sends every ten: for a program that lives longer than this one.
constants.QUEUE_CHECK_INTERVAL = 0.1
constants.QUEUED_EVENTS_FLUSH_INTERVAL = 0.1


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
    handler = AsynchronousLogstashHandler(
        "127.0.0.1",
        order["port"],
        database_path=None,
        transport="logstash_async.transport.BeatsTransport",
        ssl_enable="ca" in order,
        ca_certs=order.get("ca"),
        certfile=order.get("certificate"),
        keyfile=order.get("key"),
    )
    printer = logging.getLogger("printer")
    printer.setLevel(logging.INFO)
    printer.propagate = False
    printer.addHandler(handler)
    for batch in order["batches"]:
        for line in batch:
            printer.info("%s", line)
        drain(handler)
    handler.close()


def drain(handler):
    # What it has not delivered by the time of `close` it drops.
    worker = AsynchronousLogstashHandler._worker_thread
    while not worker._queue.empty() or logstash_async.EVENT_CACHE:
        handler.flush()
        time.sleep(0.05)


main()
