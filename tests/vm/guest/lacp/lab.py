"""The lab of LACP between two partners, in the VM.

    near                  mid                   far
    eth0 ------------- n0 ==== f0 ------------- eth0
    eth1 ------------- n1 ==== f1 ------------- eth1
    eth2 ------------- n2 ==== f2 ------------- eth2

A cable is two veth pairs with tc between them (a bridge would swallow LACP), so that it can be pulled without touching
the bonds' own interfaces, and lose one direction while both ends keep their carrier. A partner is a bond in mode
802.3ad in one of the namespaces: ebond's, the kernel driver's, teamd's.
"""

import contextlib
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[4]
LINKS = 3
NAMES = [f"eth{i}" for i in range(LINKS)]
ADDRESS = {"near": "192.0.2.1", "far": "192.0.2.2"}
OTHER = {"near": "far", "far": "near"}
CLONE_NEWNET = 0x40000000
SYNC, COLLECTING, DISTRIBUTING = 0x08, 0x10, 0x20
JOINED = SYNC | COLLECTING | DISTRIBUTING
libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """What a scenario expected did not come true."""


def run(*arguments, check=True) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise Failed(f"{' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def batch(namespace: str, *lines: str, tool: str = "ip") -> None:
    done = subprocess.run([tool, "-n", namespace, "-batch", "-"], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise Failed(f"{tool} in {namespace}: {done.stderr.strip()}")


@contextlib.contextmanager
def inside(namespace: str):
    """This process in that network namespace."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
        yield
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)


def wait_for(what: str, condition, seconds: float = 60) -> float:
    """Until it is so; how long that took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise Failed(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - begin


# Of the columns behind an interface's name in /proc/net/dev: eight of what came in, octets sent, frames sent.
TX_PACKETS = 9


def sent(namespace: str) -> list[int]:
    """Frames each link has sent."""
    with inside(namespace):
        lines = Path("/proc/thread-self/net/dev").read_text().splitlines()
    counts = {line.split(":")[0].strip(): int(line.split(":")[1].split()[TX_PACKETS]) for line in lines if ":" in line}
    return [counts[name] for name in NAMES]


def send_flows(namespace: str) -> None:
    """A few datagrams of each of 96 flows to the other end."""
    with inside(namespace):
        for flow in range(96):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flow_socket:
                flow_socket.connect((ADDRESS[OTHER[namespace]], 20000 + flow))
                for _ in range(3):
                    with contextlib.suppress(ConnectionRefusedError):  # nobody listens there
                        flow_socket.send(b"flow")


class Cables:
    def __init__(self):
        for name in ("near", "mid", "far"):
            run("ip", "netns", "add", name)
            with inside(name):
                for scope in ("all", "default"):
                    Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1")
        lines, filters = [], []
        for i in range(LINKS):
            for side, code, mac in (("near", "n", i + 1), ("far", "f", 0x81 + i)):
                peer = f"peer name eth{i} address 00:00:5e:00:53:{mac:02x} netns {side}"
                lines += [f"link add {code}{i} type veth {peer}", f"link set {code}{i} up"]
        batch("mid", *lines)
        for i in range(LINKS):
            filters += [f"qdisc add dev {code}{i} clsact" for code in "nf"]
        batch("mid", *filters, tool="tc")
        self.lost = {(code, i) for code in "nf" for i in range(LINKS)}
        for i in range(LINKS):
            self.heal(i)

    def remove(self) -> None:
        for name in ("near", "mid", "far"):
            run("ip", "netns", "del", name, check=False)

    def heal(self, i: int) -> None:
        for here, there in (("n", "f"), ("f", "n")):
            if (here, i) in self.lost:
                action = f"action mirred egress redirect dev {there}{i}"
                batch("mid", f"filter add dev {here}{i} ingress prio 1 matchall {action}", tool="tc")
                self.lost.remove((here, i))

    def deafen(self, side: str, *links: int) -> None:
        """What the other end sends no longer arrives here (nothing takes it on any more); carrier stays."""
        here = "f" if side == "near" else "n"
        batch("mid", *(f"filter del dev {here}{i} ingress prio 1" for i in links), tool="tc")
        self.lost.update((here, i) for i in links)

    def set(self, up: bool, *links: int, sides: str = "nf") -> None:
        batch("mid", *(f"link set {code}{i} {'up' if up else 'down'}" for i in links for code in sides))

    def pull(self, *links: int) -> None:
        self.set(False, *links)

    def plug(self, *links: int) -> None:
        self.set(True, *links)


def port_states(text: str) -> dict[str, tuple[int, int]]:
    """A proc text's actor and partner state of each slave in the active aggregator."""
    head, *slaves = re.split(r"^Slave Interface: ", text, flags=re.M)
    active = re.search(r"^\tAggregator ID: (\d+)", head, re.M)
    found = {}
    for slave in slaves:
        aggregator = re.search(r"^Aggregator ID: (\d+)", slave, re.M)
        states = re.findall(r"^    port state: (\d+)", slave, re.M)
        is_in = active and aggregator and aggregator[1] == active[1] and len(states) == 2
        found[slave.split("\n")[0]] = (int(states[0]), int(states[1])) if is_in else (0, 0)
    return found


class Partner:
    """A bond at one end. `rate` fast or slow, `active` whether it begins."""

    def __init__(self, side: str, rate: str = "fast", active: bool = True):
        self.side, self.rate, self.active = side, rate, active

    def states(self) -> dict[str, tuple[int, int]]:
        raise NotImplementedError

    def has_joined(self, *links: int) -> bool:
        states = self.states()
        return all(all(state & JOINED == JOINED for state in states.get(NAMES[i], (0, 0)))
                   for i in links or range(LINKS))

    def has_dropped(self, *links: int) -> bool:
        """It sends nothing there: out of sync, or not distributing."""
        states = self.states()
        return all(states.get(NAMES[i], (0, 0))[0] & DISTRIBUTING == 0 or states[NAMES[i]][1] & SYNC == 0
                   for i in links)

    def address(self) -> None:
        batch(self.side, f"addr replace {ADDRESS[self.side]}/24 dev bond0", "link set bond0 up")


class Driver(Partner):
    name = "driver"

    def start(self) -> None:
        batch(self.side, f"link add bond0 type bond mode 802.3ad miimon 100 lacp_rate {self.rate} "
                         f"lacp_active {'on' if self.active else 'off'} xmit_hash_policy layer3+4",
              *(f"link set {name} master bond0" for name in NAMES))
        self.address()

    def stop(self) -> None:
        run("ip", "-n", self.side, "link", "del", "bond0", check=False)

    def restart(self) -> None:
        self.stop()
        self.start()

    def states(self):
        with inside(self.side):
            try:
                return port_states(Path("/proc/thread-self/net/bonding/bond0").read_text())
            except FileNotFoundError:
                return {}

    def set(self, option: str, value: str) -> None:
        run("ip", "-n", self.side, "link", "set", "bond0", "type", "bond", option, value)


class Ebond(Partner):
    name = "ebond"

    def start(self) -> None:
        self.run_dir = Path(f"/run/ebond-{self.side}")
        self.start_daemon()
        self.say("add", "bond0", "mode", "802.3ad", "miimon", "100", "lacp_rate", self.rate, "lacp_active",
                 "on" if self.active else "off", "xmit_hash_policy", "layer3+4")
        self.say("enslave", "bond0", *NAMES)
        self.address()

    def say(self, *arguments: str, check=True) -> str:
        return run(str(TOP / "build/ebond"), "--run-dir", str(self.run_dir), "-n", self.side, *arguments, check=check)

    def start_daemon(self) -> None:
        log = open(f"{os.environ.get('VM_OUT', '/tmp')}/ebondd-{self.side}.log", "a")
        self.daemon = subprocess.Popen([TOP / "build/ebondd", "--run-dir", self.run_dir], stderr=log)
        show = [TOP / "build/ebond", "--run-dir", self.run_dir, "show"]
        wait_for("ebondd answers", lambda: (self.run_dir / "ebond.sock").exists() and
                 subprocess.run(show, capture_output=True).returncode == 0)

    def kill_daemon(self) -> None:
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def stop(self) -> None:
        self.say("del", "bond0", check=False)
        self.daemon.terminate()
        self.daemon.wait()

    def restart(self) -> None:
        """The bond itself, as an administrator would; the daemon's own restart is kill_daemon()."""
        self.stop()
        self.start()

    def states(self):
        try:
            return port_states((self.run_dir / "netns" / self.side / "proc" / "bond0").read_text())
        except FileNotFoundError:
            return {}

    def set(self, option: str, value: str) -> None:
        self.say("set", "bond0", option, value)


class Teamd(Partner):
    name = "teamd"

    def start(self) -> None:
        config = {"device": "bond0",
                  "runner": {"name": "lacp", "active": self.active, "fast_rate": self.rate == "fast",
                             "tx_hash": ["ipv4", "udp"]},
                  "link_watch": {"name": "ethtool"}, "ports": {name: {} for name in NAMES}}
        for name in NAMES:
            run("ip", "-n", self.side, "link", "set", name, "down")
        self.log = open(f"{os.environ.get('VM_OUT', '/tmp')}/teamd-{self.side}.log", "a")
        # Its directory, and the D-Bus it can do without, are the namespace's own.
        self.daemon = subprocess.Popen(["ip", "netns", "exec", self.side, "teamd", "-U", "-c", json.dumps(config)],
                                       stdout=self.log, stderr=self.log)
        wait_for("teamd answers", lambda: self.dump() is not None)
        self.address()

    def dump(self):
        text = run("ip", "netns", "exec", self.side, "teamdctl", "-U", "bond0", "state", "dump", check=False)
        return json.loads(text) if text.strip().startswith("{") else None

    def stop(self) -> None:
        run("ip", "netns", "exec", self.side, "teamd", "-U", "-k", "-t", "bond0", check=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.daemon.wait(10)
        self.daemon.kill()
        self.daemon.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def states(self):
        found = {}
        for name, port in ((self.dump() or {}).get("ports") or {}).items():
            runner = port["runner"]
            ends = (runner["actor_lacpdu_info"]["state"], runner["partner_lacpdu_info"]["state"])
            found[name] = ends if runner["selected"] else (0, 0)
        return found
