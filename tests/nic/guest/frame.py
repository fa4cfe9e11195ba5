"""One frame, sent raw or heard with a packet socket.

frame.py send INTERFACE ETHERTYPE MAC     five times
frame.py hear INTERFACE ETHERTYPE MAC     says "# listening", and within six seconds what it heard; joins the group
frame.py ask_for INTERFACE promiscuity|unicast [MAC]    has it take more frames (packet(7)), says "# listening", and
                                          lasts until it is ended
"""

import signal
import socket
import struct
import sys
import time

MARK = b"ebond was here"
KINDS = {"multicast": 0, "promiscuity": 1, "unicast": 3}  # PACKET_MR_...


def send(interface: str, ethertype: int, mac: bytes) -> None:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    source = s.getsockname()[4]
    frame = mac + source + ethertype.to_bytes(2, "big") + MARK
    for _ in range(5):
        s.send(frame.ljust(60, b"\0"))
        time.sleep(0.1)


def add_membership(s: socket.socket, interface: str, what: str, mac: bytes) -> None:
    SOL_PACKET, PACKET_ADD_MEMBERSHIP = 263, 1
    s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                 struct.pack("iHH8s", socket.if_nametoindex(interface), KINDS[what], len(mac), mac))


def octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def hear(interface: str, ethertype: int, mac: bytes) -> None:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
    s.bind((interface, ethertype))
    if mac[0] & 1:
        add_membership(s, interface, "multicast", mac)
    print("# listening", flush=True)
    end = time.monotonic() + 6
    while (left := end - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            frame = s.recv(2048)
        except TimeoutError:
            break
        if MARK in frame:
            print("heard")
            return
    print("not heard")


def ask_for(interface: str, what: str, mac: str = "") -> None:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    add_membership(s, interface, what, octets(mac))
    print("# listening", flush=True)
    signal.pause()


if sys.argv[1] == "send":
    send(sys.argv[2], int(sys.argv[3], 16), octets(sys.argv[4]))
elif sys.argv[1] == "ask_for":
    ask_for(*sys.argv[2:])
else:
    hear(sys.argv[2], int(sys.argv[3], 16), octets(sys.argv[4]))
