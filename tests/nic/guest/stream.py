"""A stream of numbered datagrams to ADDRESS, the peer's 192.0.2.2 if none is said.

stream.py send SECONDS RATE [ADDRESS]    so many a second, until SIGTERM if it comes sooner
stream.py receive SECONDS [ADDRESS]      says "# listening", and "# flowing" when the first came; then prints how many
                                         were lost, and how many in each gap: numbers missing less than 500 apart
"""

import contextlib
import signal
import socket
import struct
import sys
import time

PORT = 7077
PEER = "192.0.2.2"


def send(seconds: float, rate: int, to: str) -> None:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    is_ended = []
    signal.signal(signal.SIGTERM, lambda *_: is_ended.append(True))
    start = time.monotonic()
    number = 0
    while not is_ended and (now := time.monotonic()) < start + seconds:
        while number < (now - start) * rate:
            with contextlib.suppress(OSError):  # what cannot be sent is lost
                s.sendto(struct.pack("!I", number), (to, PORT))
            number += 1
        time.sleep(1 / rate)
    for _ in range(5):  # the last word: how many there were
        with contextlib.suppress(OSError):
            s.sendto(struct.pack("!II", 0xFFFFFFFF, number), (to, PORT))
        time.sleep(0.05)


def gaps(heard: set[int], total: int) -> list[int]:
    found, last = [], -1000
    for number in sorted(set(range(total)) - heard):
        if number - last < 500:
            found[-1] += 1
        else:
            found.append(1)
        last = number
    return found


def receive(seconds: float, at: str) -> None:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind((at, PORT))
    s.settimeout(0.2)
    print("# listening", flush=True)
    heard, total = set(), None
    end = time.monotonic() + seconds + 20
    while total is None and time.monotonic() < end:
        with contextlib.suppress(TimeoutError):
            words = struct.unpack("!I", (data := s.recv(64))[:4])
            if words[0] == 0xFFFFFFFF:
                total = struct.unpack("!II", data)[1]
            else:
                if not heard:
                    print("# flowing", flush=True)
                heard.add(words[0])
    if total is None:
        print("the stream did not end")
        return
    print("lost", total - len(heard))
    print("gaps", *gaps(heard, total))


if sys.argv[1] == "send":
    send(float(sys.argv[2]), int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else PEER)
else:
    receive(float(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else PEER)
