"""One frame, sent raw or heard with a packet socket.

frame.py send INTERFACE ETHERTYPE MAC     five times
frame.py hear INTERFACE ETHERTYPE         says "# listening", and within three seconds what it heard
frame.py ask_for INTERFACE promiscuity|unicast [MAC]    has it take more frames (packet(7)), says "# listening", and
                                          lasts until it is ended
"""

import signal
import socket
import struct
import sys
import time

MARK = b"ebond was here"


def send(interface: str, ethertype: int, mac: str) -> None:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    source = s.getsockname()[4]
    frame = bytes.fromhex(mac.replace(":", "")) + source + ethertype.to_bytes(2, "big") + MARK
    for _ in range(5):
        s.send(frame.ljust(60, b"\0"))
        time.sleep(0.1)


def hear(interface: str, ethertype: int) -> None:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
    s.bind((interface, ethertype))
    print("# listening", flush=True)
    end = time.monotonic() + 3
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
    SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, PACKET_MR_UNICAST = 263, 1, 1, 3
    address = bytes.fromhex(mac.replace(":", ""))
    kind = PACKET_MR_UNICAST if what == "unicast" else PACKET_MR_PROMISC
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                 struct.pack("iHH8s", socket.if_nametoindex(interface), kind, len(address), address))
    print("# listening", flush=True)
    signal.pause()


if sys.argv[1] == "send":
    send(sys.argv[2], int(sys.argv[3], 16), sys.argv[4])
elif sys.argv[1] == "ask_for":
    ask_for(*sys.argv[2:])
else:
    hear(sys.argv[2], int(sys.argv[3], 16))
