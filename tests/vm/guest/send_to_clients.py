"""Sends UDP from bond0 to COUNT clients of the peer, 20 datagrams of 500 bytes a second to each, for SECONDS. Says what
part of the last two seconds' frames each slave sent.

send_to_clients.py COUNT SECONDS SLAVE...
"""

import pathlib
import socket
import sys
import time

FIRST = 10
ROUND = 0.05


def sent(slaves: list[str]) -> list[int]:
    return [int(pathlib.Path(f"/sys/class/net/{slave}/statistics/tx_packets").read_text()) for slave in slaves]


def part(share: float) -> str:
    if share < 0.02:
        return "none"
    if share > 0.98:
        return "all"
    return "about half" if 0.3 < share < 0.7 else "some"


def main() -> None:
    count, seconds, slaves = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    start = time.monotonic()
    before = sent(slaves)
    counted = seconds < 2
    while (now := time.monotonic()) < start + seconds:
        if not counted and now > start + seconds - 2:
            before, counted = sent(slaves), True
        for client in range(count):
            s.sendto(bytes(500), (f"192.0.2.{FIRST + client}", 9))
        time.sleep(max(0.0, now + ROUND - time.monotonic()))
    parts = [after - earlier for after, earlier in zip(sent(slaves), before)]
    for slave, frames in zip(slaves, parts):
        print(f"{slave} sent {part(frames / max(1, sum(parts)))}")
        print(f"# {slave} sent {frames}")


main()
