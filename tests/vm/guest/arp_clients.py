"""ARP clients of the bond, at the peer: what MAC each of them is told to send to.

arp_clients.py FILE ask COUNT        each asks for 192.0.2.1 and keeps the first answer
arp_clients.py FILE listen SECONDS   each hears unsolicited replies and keeps the latest: for so long, and on until
                                     none came for six seconds. Rounds are two seconds apart, in a busy VM more

FILE keeps what they know. Both print how many clients know which MAC; `listen` also how often those that were told
something new were told it, and as a remark when.
"""

import collections
import json
import pathlib
import socket
import struct
import sys
import time

SERVER = bytes([192, 0, 2, 1])
FIRST = 10  # 192.0.2.10, 00:00:5e:00:53:9a, …
INTERFACE = "net0"
QUIET = 6.0


def client(number: int) -> tuple[bytes, bytes]:
    return bytes([0, 0, 0x5E, 0, 0x53, 0x90 + FIRST + number]), bytes([192, 0, 2, FIRST + number])


def opened() -> socket.socket:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    s.bind((INTERFACE, 0x0806))
    index = socket.if_nametoindex(INTERFACE)
    s.setsockopt(263, 1, struct.pack("iHH8s", index, 1, 0, b""))  # SOL_PACKET, PACKET_ADD_MEMBERSHIP: promiscuous
    return s


def replies(s: socket.socket, until: float, quiet: float = 0.0):
    """Yields (client's IP, MAC told, time) for every ARP reply of the server's until then, and on while they come."""
    while (left := until - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            data, address = s.recvfrom(2048)
        except TimeoutError:
            return
        if address[2] == socket.PACKET_OUTGOING or data[20:22] != b"\0\2" or data[28:32] != SERVER:
            continue
        now = time.monotonic()
        until = max(until, now + quiet)
        yield data[38:42], data[22:28], now


def ask(s: socket.socket, count: int) -> dict[str, str]:
    known = {}
    for number in range(count):
        mac, ip = client(number)
        for _ in range(10):
            request = struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
            s.send(b"\xff" * 6 + mac + request + mac + ip + bytes(6) + SERVER)
            answer = next((told for who, told, _ in replies(s, time.monotonic() + 0.5) if who == ip), None)
            if answer:
                known[ip.hex()] = answer.hex(":")
                break
    return known


def main() -> None:
    kept, word, number = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    s = opened()
    times = collections.Counter()
    if word == "ask":
        known = ask(s, int(number))
    else:
        known = json.loads(kept.read_text())
        before = dict(known)
        print("# listening", flush=True)
        start = time.monotonic()
        for who, told, at in replies(s, start + float(number), QUIET):
            if who.hex() in known:
                known[who.hex()] = told.hex(":")
                times[who.hex()] += before[who.hex()] != told.hex(":")
                print(f"# {at - start:.2f} s: {who.hex()} told {told.hex(':')}")
    kept.write_text(json.dumps(known))
    for mac, clients in sorted(collections.Counter(known.values()).items()):
        print(f"{clients} clients know {mac}")
    for often, clients in sorted(collections.Counter(t for t in times.values() if t).items()):
        print(f"{clients} clients were told of another {often} times")


main()
