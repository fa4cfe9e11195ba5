"""One frame, sent raw or heard with a packet socket.

frame.py send INTERFACE ETHERTYPE MAC     five times
frame.py hear INTERFACE ETHERTYPE         says "# listening", and within three seconds what it heard
"""

import socket
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


if sys.argv[1] == "send":
    send(sys.argv[2], int(sys.argv[3], 16), sys.argv[4])
else:
    hear(sys.argv[2], int(sys.argv[3], 16))
