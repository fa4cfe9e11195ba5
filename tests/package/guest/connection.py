"""Somebody who is logged in: a TCP connection over which something is typed and comes back, 20 times a second.

connection.py serve ADDRESS        sends back what comes, to one after the other
connection.py use ADDRESS FILE     has in FILE "NUMBER LONGEST": how often it came back, and what was the longest wait for
                                   it so far, in ms; or "broken" and why
"""

import pathlib
import socket
import sys
import time

PORT = 7078


def serve(address: str) -> None:
    listening = socket.create_server((address, PORT))
    while True:
        connection, _ = listening.accept()
        while data := connection.recv(64):
            connection.sendall(data)


def write(file: pathlib.Path, text: str) -> None:
    """All of it, or what was there before."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(file)


def use(address: str, file: pathlib.Path) -> None:
    connection = socket.create_connection((address, PORT), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number, longest = 0, 0.0
    while True:
        typed = time.monotonic()
        connection.sendall(b"x")
        if not connection.recv(1):
            raise ConnectionError("the other end closed it")
        number, longest = number + 1, max(longest, time.monotonic() - typed)
        write(file, f"{number} {longest * 1000:.0f}\n")
        time.sleep(0.05)


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    status = pathlib.Path(sys.argv[3])
    try:
        use(sys.argv[2], status)
    except OSError as error:
        write(status, f"broken: {error}\n")
