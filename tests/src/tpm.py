"""A TPM 2.0 for a machine of a test: swtpm, with the little that a kernel does before a real one. A caller leaves its sessions
behind, and the chip has room for three: the oldest goes when another is begun.

tpm.py DIRECTORY    where its state is kept; it listens at 127.0.0.1:2321 and :2322 and says "up" when it does,
                    until its standard input ends
"""

import asyncio
import struct
import sys

COMMANDS, CONTROL = 2321, 2322
BEHIND = 1000
HEADER = struct.Struct(">HII")
START_SESSION, FLUSH = 0x176, 0x165
SESSIONS_MAX = 2


async def behind(port, chip):
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port + BEHIND)
        except ConnectionRefusedError:
            if chip.returncode is not None:
                raise
            await asyncio.sleep(0.01)


async def message(reader):
    """One command or one answer: its length is in its head."""
    head = await reader.readexactly(HEADER.size)
    return head + await reader.readexactly(HEADER.unpack(head)[1] - HEADER.size)


class Chip:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.sessions, self.lock = [], asyncio.Lock()

    async def ask(self, command):
        self.writer.write(command)
        await self.writer.drain()
        return await message(self.reader)

    async def answer(self, command):
        async with self.lock:
            begins = HEADER.unpack_from(command)[2] == START_SESSION
            if begins and len(self.sessions) >= SESSIONS_MAX:
                await self.ask(HEADER.pack(0x8001, HEADER.size + 4, FLUSH) + self.sessions.pop(0))
            answer = await self.ask(command)
            if begins and HEADER.unpack_from(answer)[2] == 0:
                self.sessions.append(answer[HEADER.size:HEADER.size + 4])
            return answer


async def carry(reader, writer):
    try:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def main(directory):
    address = "bindaddr=127.0.0.1"
    program = await asyncio.create_subprocess_exec(
        "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={directory}", "--flags", "not-need-init,startup-clear",
        "--server", f"type=tcp,port={COMMANDS + BEHIND},{address}",
        "--ctrl", f"type=tcp,port={CONTROL + BEHIND},{address}",
    )
    chip = Chip(*await behind(COMMANDS, program))

    async def command(reader, writer):
        try:
            while True:
                writer.write(await chip.answer(await message(reader)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def control(reader, writer):
        its_reader, its_writer = await behind(CONTROL, program)
        await asyncio.gather(carry(reader, its_writer), carry(its_reader, writer))

    servers = [await asyncio.start_server(command, "127.0.0.1", COMMANDS),
               await asyncio.start_server(control, "127.0.0.1", CONTROL)]
    print("up", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    for server in servers:
        server.close()
    program.kill()
    await program.wait()


asyncio.run(main(sys.argv[1]))
