"""A megabyte over TCP, and whether it came as it was sent.

transfer.py receive ADDRESS     answers one connection with the SHA-256 of what it received
transfer.py send ADDRESS        sends, and prints "as it was", "damaged" or "no connection"
"""

import hashlib
import random
import socket
import sys
import time

PORT = 7001
PATIENCE = 20


def receive(address: str) -> None:
    with socket.create_server((address, PORT), family=family(address)) as server:
        server.settimeout(PATIENCE)
        connection, _ = server.accept()
        connection.settimeout(PATIENCE)
        digest = hashlib.sha256()
        while chunk := connection.recv(1 << 16):
            digest.update(chunk)
        connection.sendall(digest.digest())


def send(address: str) -> str:
    payload = random.Random(1).randbytes(1 << 20)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = socket.create_connection((address, PORT), timeout=PATIENCE)
            break
        except OSError:
            if time.monotonic() > deadline:
                return "no connection"
            time.sleep(0.2)
    connection.sendall(payload)
    connection.shutdown(socket.SHUT_WR)
    answer = b""
    while chunk := connection.recv(64):
        answer += chunk
    return "as it was" if answer == hashlib.sha256(payload).digest() else "damaged"


def family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


if __name__ == "__main__":
    try:
        if sys.argv[1] == "receive":
            receive(sys.argv[2])
        else:
            print(send(sys.argv[2]))
    except OSError as error:
        print(f"broke off: {error.strerror or 'too late'}")
