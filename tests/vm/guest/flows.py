"""Sends generated flows out of bond0 and says which slave each left by.

flows.py SEED COUNT SLAVE...

One frame a flow, through a packet socket on bond0 or on one of the VLANs above it (bond0.5, ...), seen again as it
leaves a slave. The same SEED gives the same flows: IPv4 and IPv6 with TCP, UDP and ICMP, VLANs, fragments, IPIP, GRE
and VXLAN tunnels, ARP and unknown protocols; a few bring their VLAN tag in the frame, as only a packet socket sends it.
Prints a line a flow: its number, what it is, and the slave (or slaves, or none). Flows once made are kept under
$SCRATCH: making them costs an emulated machine more than sending.
"""

import glob
import marshal
import os
import random
import select
import socket
import struct
import sys
import time

MARK = b"ebond flow "
OUR_MAC = bytes.fromhex("00005e005301")
BATCH = 100


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(r, protocol: int, payload: bytes, fragment: int = 0) -> bytes:
    source = bytes([192, 0, 2, r.randrange(1, 255)])
    target = bytes([198, 51, 100, r.randrange(1, 255)])
    options = b"\x01\x01\x01\x00" * r.choice([0, 0, 0, 1])
    length = 20 + len(options)
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | length // 4, 0, length + len(payload), r.randrange(65536),
                         fragment, 64, protocol, 0, source, target) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(r, protocol: int, payload: bytes) -> bytes:
    prefix = bytes.fromhex("20010db8") + bytes(8)
    label = r.choice([0, 0, r.randrange(1, 1 << 20)])
    return struct.pack("!IHBB", 6 << 28 | label, len(payload), protocol, 64) + prefix + r.randbytes(4) + prefix + \
        r.randbytes(4) + payload


def udp(r, payload: bytes, port: int | None = None) -> bytes:
    return struct.pack("!HHHH", r.randrange(1024, 65536), port or r.randrange(1, 65536), 8 + len(payload), 0) + payload


def tcp(r, payload: bytes) -> bytes:
    return struct.pack("!HHIIBBHHH", r.randrange(1024, 65536), r.randrange(1, 65536), r.getrandbits(32), 0,
                       5 << 4, 0x10, 1024, 0, 0) + payload


def icmp_echo(r, payload: bytes) -> bytes:
    body = struct.pack("!HH", r.randrange(65536), r.randrange(65536)) + payload
    return struct.pack("!BBH", 8, 0, checksum(b"\x08\0\0\0" + body)) + body


def inner_frame(r, payload: bytes) -> bytes:
    return b"\x02" + r.randbytes(5) + b"\x02" + r.randbytes(5) + b"\x08\x00" + ipv4(r, 17, udp(r, payload))


KINDS = {
    "IPv4 UDP": lambda r, p: (0x0800, ipv4(r, 17, udp(r, p))),
    "IPv4 TCP": lambda r, p: (0x0800, ipv4(r, 6, tcp(r, p))),
    "IPv4 ICMP echo": lambda r, p: (0x0800, ipv4(r, 1, icmp_echo(r, p))),
    "IPv4 ICMP unreachable": lambda r, p: (0x0800, ipv4(r, 1, b"\x03\x01\0\0\0\0\0\0" + ipv4(r, 17, udp(r, p)))),
    "IPv4 first fragment": lambda r, p: (0x0800, ipv4(r, 17, udp(r, p), 0x2000)),
    "IPv4 later fragment": lambda r, p: (0x0800, ipv4(r, 17, r.randbytes(8) + p, r.randrange(1, 180))),
    "IPv4 GRE": lambda r, p: (0x0800, ipv4(r, 47, b"\0\0\x08\0" + ipv4(r, 6, tcp(r, p)))),
    "IPv4 IPIP": lambda r, p: (0x0800, ipv4(r, 4, ipv4(r, 17, udp(r, p)))),
    "IPv4 6in4": lambda r, p: (0x0800, ipv4(r, 41, ipv6(r, 6, tcp(r, p)))),
    "IPv4 VXLAN": lambda r, p: (0x0800, ipv4(r, 17, udp(r, b"\x08\0\0\0\0\0\x2a\0" + inner_frame(r, p), 4789))),
    "IPv4 ESP": lambda r, p: (0x0800, ipv4(r, 50, r.randbytes(8) + p)),
    "IPv4 SCTP": lambda r, p: (0x0800, ipv4(r, 132, r.randbytes(12) + p)),
    "IPv6 UDP": lambda r, p: (0x86DD, ipv6(r, 17, udp(r, p))),
    "IPv6 TCP": lambda r, p: (0x86DD, ipv6(r, 6, tcp(r, p))),
    "IPv6 ICMP echo": lambda r, p: (0x86DD, ipv6(r, 58, b"\x80" + icmp_echo(r, p)[1:])),
    "IPv6 fragment": lambda r, p: (0x86DD, ipv6(r, 44, struct.pack("!BBHI", 17, 0, 0x0101, 7) + r.randbytes(8) + p)),
    "IPv6 hop-by-hop": lambda r, p: (0x86DD, ipv6(r, 0, b"\x11\0\x01\x04\0\0\0\0" + udp(r, p))),
    "ARP": lambda r, p: (0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + OUR_MAC + r.randbytes(4) + bytes(6) +
                         r.randbytes(4) + p),
    "unknown protocol": lambda r, p: (0x88B5, r.randbytes(40) + p),
}


def flow(r, number: int, vlans: list[str]) -> tuple[str, str, bytes]:
    """A flow's name, the interface it is sent on and its one frame. The frame's last bytes tell its number."""
    name = r.choice(list(KINDS))
    ethertype, body = KINDS[name](r, MARK + struct.pack("!I", number))
    target = b"\x02" + r.randbytes(5)
    source = r.choice([OUR_MAC, OUR_MAC, b"\x02" + r.randbytes(5)])
    interface, tag = "bond0", b""
    dice = r.random()
    if vlans and dice < 0.2:
        interface = r.choice(vlans)
        name = f"VLAN {interface.partition('.')[2]} {name}"
    elif dice > 0.97:
        vlan = r.randrange(1, 4095)
        name = f"inline VLAN {vlan} {name}"
        tag = struct.pack("!HH", 0x8100, vlan)
    return name, interface, target + source + tag + struct.pack("!H", ethertype) + body


def made(seed: int, count: int, vlans: list[str]) -> list[tuple[str, str, bytes]]:
    kept = os.path.join(os.environ.get("SCRATCH", "/tmp"), f"flows-{seed}-{count}")
    if os.path.exists(kept):
        with open(kept, "rb") as file:
            return marshal.load(file)
    r = random.Random(seed)
    flows = [flow(r, number, vlans) for number in range(count)]
    with open(kept, "wb") as file:
        marshal.dump(flows, file)
    return flows


def opened(interface: str, protocol: int) -> socket.socket:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
    s.bind((interface, protocol))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return s


def collect(taps: dict[socket.socket, str], seen: dict[int, list[str]], wanted: int) -> None:
    """Reads what left the slaves until `wanted` flows were seen, or nothing came for a second."""
    quiet = time.monotonic() + 1
    while len(seen) < wanted and time.monotonic() < quiet:
        for tap in select.select(list(taps), [], [], 0.1)[0]:
            data, address = tap.recvfrom(2048)
            at = data.rfind(MARK)
            if at < 0 or address[2] != socket.PACKET_OUTGOING:
                continue
            number, = struct.unpack_from("!I", data, at + len(MARK))
            seen.setdefault(number, []).append(taps[tap])
            quiet = time.monotonic() + 1


def main() -> None:
    seed, count, slaves = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    vlans = sorted(os.path.basename(path) for path in glob.glob("/sys/class/net/bond0.*"))
    flows = made(seed, count, vlans)
    out = {interface: opened(interface, 0) for interface in ["bond0", *vlans]}
    taps = {opened(slave, 3): slave for slave in slaves}
    seen: dict[int, list[str]] = {}
    for start in range(0, count, BATCH):
        batch = flows[start:start + BATCH]
        for _, interface, data in batch:
            out[interface].send(data)
        collect(taps, seen, start + len(batch))
    for number, (name, _, _) in enumerate(flows):
        print(f"flow {number} {name}: {' '.join(sorted(seen.get(number, ['none'])))}")


main()
