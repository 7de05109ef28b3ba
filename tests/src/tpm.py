"""A TPM 2.0 for a machine of a test: swtpm, which starts anew, with the same state, for whoever asks next.

The kernel of a real machine stands before the chip and clears away what a caller leaves behind; here nobody does, and the
chip has room for three callers.

tpm.py DIRECTORY    where its state is kept; it listens at 127.0.0.1:2321 and :2322 and says "up" when it does,
                    until its standard input ends
"""

import asyncio
import sys

COMMANDS, CONTROL = 2321, 2322
BEHIND = 1000
chip = None


async def start(directory):
    global chip
    if chip is not None:
        chip.kill()
        await chip.wait()
    address = "bindaddr=127.0.0.1"
    chip = await asyncio.create_subprocess_exec(
        "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={directory}", "--flags", "not-need-init,startup-clear",
        "--server", f"type=tcp,port={COMMANDS + BEHIND},{address}",
        "--ctrl", f"type=tcp,port={CONTROL + BEHIND},{address}",
    )


async def behind(port):
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port + BEHIND)
        except ConnectionRefusedError:
            if chip.returncode is not None:
                raise
            await asyncio.sleep(0.01)


async def carry(reader, writer):
    try:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def join(port, reader, writer):
    its_reader, its_writer = await behind(port)
    await asyncio.gather(carry(reader, its_writer), carry(its_reader, writer))


async def main(directory):
    async def command(reader, writer):
        await start(directory)
        await join(COMMANDS, reader, writer)

    async def control(reader, writer):
        await join(CONTROL, reader, writer)

    servers = [await asyncio.start_server(command, "127.0.0.1", COMMANDS),
               await asyncio.start_server(control, "127.0.0.1", CONTROL)]
    print("up", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    for server in servers:
        server.close()
    if chip is not None:
        chip.kill()
        await chip.wait()


asyncio.run(main(sys.argv[1]))
