"""Pings 20 times a second, and says how many were answered, for the last within 3 s: ping itself gives the last two round
trips, which is too short on a busy host.

ping.py COUNT ADDRESS [INTERFACE]
"""

import contextlib
import os
import socket
import struct
import sys
import time

EVERY, PATIENCE = 0.05, 3.0
REQUEST, REPLY, REQUEST6, REPLY6 = 8, 0, 128, 129


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    return ~((total >> 16) + (total & 0xFFFF)) & 0xFFFF


def ping(count: int, address: str, interface: str | None) -> int:
    is_v6 = ":" in address
    family, protocol, request, reply = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6, REQUEST6, REPLY6) if is_v6
        else (socket.AF_INET, socket.IPPROTO_ICMP, REQUEST, REPLY))
    s = socket.socket(family, socket.SOCK_RAW, protocol)
    if interface:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    s.connect((address, 0))
    us = os.getpid() & 0xFFFF
    answered, sent, due = set(), 0, time.monotonic()
    while len(answered) < count:
        if (now := time.monotonic()) >= due:
            if sent == count:
                break
            head = struct.pack("!BBHHH", request, 0, 0, us, sent)
            head = struct.pack("!BBHHH", request, 0, 0 if is_v6 else checksum(head), us, sent)  # v6: the kernel's
            with contextlib.suppress(OSError):  # what cannot be sent is not answered
                s.send(head)
            sent += 1
            due = now + (EVERY if sent < count else PATIENCE)
        s.settimeout(max(due - time.monotonic(), 0.001))
        with contextlib.suppress(OSError):
            data = s.recv(2048)
            kind, _, _, whose, number = struct.unpack_from("!BBHHH", data, 0 if is_v6 else (data[0] & 15) * 4)
            if (kind, whose) == (reply, us):
                answered.add(number)
    return len(answered)


print("answered", ping(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))
