#!/usr/bin/env python3
"""beside.py hear INTERFACE ETHERTYPE SECONDS: how many frames of that EtherType a socket on the interface hears until a
second after the first of them.
beside.py send INTERFACE MAC ETHERTYPE COUNT: sends so many to that MAC."""
import socket
import sys
import time


def hear(interface, ethertype, seconds):
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
    ear.bind((interface, ethertype))
    print("# listening", flush=True)
    count, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        ear.settimeout(left)
        try:
            _, (_, _, kind, _, _) = ear.recvfrom(2048)
        except TimeoutError:
            break
        if kind != socket.PACKET_OUTGOING:
            end = end if count else min(end, time.monotonic() + 1)
            count += 1
    print(f"heard {count}")


def send(interface, mac, ethertype, count):
    mouth = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
    mouth.bind((interface, ethertype))
    header = bytes.fromhex(mac.replace(":", "")) + bytes.fromhex("00005e0053f0") + ethertype.to_bytes(2, "big")
    for _ in range(count):
        mouth.send(header + bytes(46))


if __name__ == "__main__":
    what, interface, *rest = sys.argv[1:]
    if what == "hear":
        hear(interface, int(rest[0], 16), float(rest[1]))
    else:
        send(interface, rest[0], int(rest[1], 16), int(rest[2]))
