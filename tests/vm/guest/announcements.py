"""Hears what the host announces at the switch's ports: gratuitous ARPs of 192.0.2.1, unsolicited NAs of 2001:db8::1,
and membership reports of the groups 239.192.0.1 and ff15::1.

announcements.py SECONDS STEP PORTS

Prints, for each port that heard some, how many of each kind, and the gaps between them in whole steps of STEP seconds.
"""

import collections
import select
import socket
import sys
import time

HOST = bytes([192, 0, 2, 1])
HOST6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
GROUP = bytes([239, 192, 0, 1])
GROUP6 = socket.inet_pton(socket.AF_INET6, "ff15::1")


def kind(frame: bytes) -> str | None:
    ethertype, body = frame[12:14], frame[14:]
    if ethertype == b"\x08\x06" and body[14:18] == HOST == body[24:28]:
        return "gratuitous ARP"
    if ethertype == b"\x08\x00" and body[9] == 2 and GROUP in body[20:]:
        return "IGMP"
    if ethertype == b"\x86\xdd":
        if body[6] == 58 and body[40] == 136 and body[48:64] == HOST6:
            return "NA"
        if body[6] == 0 and body[40] == 58 and body[48] in (131, 143) and GROUP6 in body[48:]:
            return "MLD"
    return None


def opened(port: str) -> socket.socket:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((port, 3))
    return s


def main() -> None:
    seconds, step, ports = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    taps = {opened(f"port{n}"): f"port{n}" for n in range(ports)}
    print("# listening", flush=True)
    heard = collections.defaultdict(list)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for tap in select.select(list(taps), [], [], left)[0]:
            try:
                frame, address = tap.recvfrom(2048)
            except OSError:  # told once when the port is set down
                continue
            if address[2] != socket.PACKET_OUTGOING and (what := kind(frame)):
                heard[taps[tap], what].append(time.monotonic())
    for (port, what), times in sorted(heard.items()):
        gaps = [b - a for a, b in zip(times, times[1:])]
        print(f"{port}: {what} {len(times)}, gaps {' '.join(str(round(gap / step)) for gap in gaps) or 'none'}")
        print(f"# {' '.join(f'{gap:.2f}' for gap in gaps)}")


main()
