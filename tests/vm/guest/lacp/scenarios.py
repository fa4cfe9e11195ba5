"""LACP scenarios: ebond near, another's LACP far. Run in the VM by tests/vm/lacp.

scenarios.py [--all] [NAME]...     or, without the VM's help, --list
"""

import json
import subprocess
import sys
import time
from pathlib import Path

from lab import (LINKS, NAMES, TOP, Cables, Driver, Ebond, Failed, Teamd, batch, run, send_flows, sent, wait_for)

ALL = range(LINKS)
TIMEOUT = {"fast": 3, "slow": 90}  # seconds until a silent partner is given up
SCENARIOS = {}  # name: (function, is it in the small set)


def scenario(name: str, quick: bool = False):
    def keep(function):
        SCENARIOS[name] = (function, quick)
        return function
    return keep


class Play:
    """Two partners on their cables, joined."""

    def __init__(self, far_class, rate: str = "fast", near_active: bool = True, far_active: bool = True):
        self.cables = Cables()
        self.near, self.far = Ebond("near", rate, near_active), far_class("far", rate, far_active)

    def __enter__(self):
        self.far.start()
        self.near.start()
        self.joined()
        return self

    def __exit__(self, kind, error, trace):
        if error:
            for partner in (self.near, self.far):
                print(f"  {partner.side} {partner.name}: {partner.states()}")
        self.near.stop()
        self.far.stop()
        self.cables.remove()
        return False

    def joined(self, *links: int) -> float:
        return wait_for(f"both ends report {[NAMES[i] for i in links or ALL]} collecting and distributing",
                        lambda: self.near.has_joined(*links) and self.far.has_joined(*links), 120)

    def dropped(self, *links: int, within: float = 60) -> float:
        return wait_for(f"both ends dropped {[NAMES[i] for i in links]}",
                        lambda: self.near.has_dropped(*links) and self.far.has_dropped(*links), within)

    def carries(self, *links: int) -> None:
        """Traffic gets through, and flows leave by each of these links and no other, at both ends."""
        wait_for("a ping gets through", lambda: "1 received" in run(
            "ip", "netns", "exec", "near", "ping", "-c", "1", "-W", "1", "192.0.2.2", check=False))
        for end in ("near", "far"):
            before = sent(end)
            send_flows(end)
            grown = [now - then for now, then in zip(sent(end), before)]
            for i in ALL:
                if (grown[i] > 20) != (i in (links or ALL)):
                    raise Failed(f"{end} sent {grown} frames by its links, where {list(links or ALL)} carry")


def plain(far_class, **how):
    def play():
        with Play(far_class, **how) as it:
            it.carries()
    return play


scenario("driver-fast", quick=True)(plain(Driver))
scenario("driver-slow")(plain(Driver, rate="slow"))
scenario("driver-fast-it-is-passive")(plain(Driver, far_active=False))
scenario("driver-slow-it-is-passive")(plain(Driver, rate="slow", far_active=False))
scenario("driver-fast-we-are-passive")(plain(Driver, near_active=False))
scenario("driver-slow-we-are-passive")(plain(Driver, rate="slow", near_active=False))
scenario("teamd-fast", quick=True)(plain(Teamd))
scenario("teamd-slow")(plain(Teamd, rate="slow"))
scenario("teamd-fast-it-is-passive")(plain(Teamd, far_active=False))
scenario("teamd-fast-we-are-passive")(plain(Teamd, near_active=False))


def members_pulled(far_class, rate: str):
    def play():
        with Play(far_class, rate) as it:
            it.cables.pull(1)
            it.dropped(1)
            it.carries(0, 2)
            it.cables.plug(1)
            it.joined()
            # One end alone loses its carrier: the other must be told, or notice.
            for side in "nf":
                it.cables.set(False, 2, sides=side)
                it.dropped(2, within=3 * TIMEOUT[rate])
                it.carries(0, 1)
                it.cables.set(True, 2, sides=side)
                it.joined()
    return play


scenario("driver-members-pulled", quick=True)(members_pulled(Driver, "fast"))
scenario("driver-slow-members-pulled")(members_pulled(Driver, "slow"))
scenario("teamd-members-pulled")(members_pulled(Teamd, "fast"))


def restarts(far_class):
    def play():
        with Play(far_class) as it:
            before = it.far.states()
            it.near.kill_daemon()
            it.carries()
            it.near.start_daemon()
            wait_for("the new daemon has taken over", it.near.has_joined)
            if it.far.states() != before:
                raise Failed(f"the far end noticed the daemon's restart: {before}, then {it.far.states()}")
            it.carries()
            for partner in (it.near, it.far):
                partner.restart()
                it.joined()
                it.carries()
            it.near.kill_daemon()
            wait_for("the far end gives up a dead daemon", lambda: it.far.has_dropped(*ALL), 30)
            it.near.start_daemon()
            it.joined()
    return play


scenario("driver-restarts", quick=True)(restarts(Driver))
scenario("teamd-restarts")(restarts(Teamd))


def one_way_loss(far_class):
    def play():
        with Play(far_class) as it:
            for deaf in ("near", "far"):
                it.cables.deafen(deaf, 1)
                it.dropped(1, within=3 * TIMEOUT["fast"])
                it.carries(0, 2)
                it.cables.heal(1)
                it.joined()
    return play


scenario("driver-one-way-loss", quick=True)(one_way_loss(Driver))
scenario("teamd-one-way-loss")(one_way_loss(Teamd))


def silence(far_class, rate: str):
    def play():
        with Play(far_class, rate) as it:
            for i in (0, 1):
                it.cables.deafen("near", i)
                it.cables.deafen("far", i)
            took = it.dropped(0, 1, within=3 * TIMEOUT[rate])
            print(f"  a silent {it.far.name} was dropped after {took:.1f} s")
            it.carries(2)
            for i in (0, 1):
                it.cables.heal(i)
            it.joined()
    return play


scenario("driver-silent", quick=True)(silence(Driver, "fast"))
scenario("driver-slow-silent")(silence(Driver, "slow"))
scenario("teamd-silent")(silence(Teamd, "fast"))


@scenario("driver-changes-its-system", quick=True)
def changes():
    with Play(Driver) as it:
        def partner_says(*lines: str) -> bool:
            text = it.near.say("show", "--proc", "bond0")
            return all(text.count(line) >= LINKS for line in lines) and it.near.has_joined() and it.far.has_joined()

        it.far.set("ad_actor_system", "00:00:5e:00:53:aa")
        wait_for("joined with the new system ID", lambda: partner_says("system mac address: 00:00:5e:00:53:aa"), 120)
        it.carries()
        it.far.set("ad_actor_sys_prio", "100")
        wait_for("joined with the new priority", lambda: partner_says("system priority: 100\n"), 120)
        it.carries()
        # The driver takes a new key for slaves enslaved from then on.
        batch("far", *(f"link set {name} nomaster" for name in NAMES), "link set bond0 down",
              "link set bond0 type bond ad_user_port_key 77", *(f"link set {name} master bond0" for name in NAMES))
        it.far.address()
        key = 77 << 6 | 0xF  # 10 Gbit/s, full duplex
        wait_for("joined with the new key", lambda: partner_says(f"oper key: {key}\n"), 120)
        it.carries()


@scenario("driver-we-change-our-system")
def we_change():
    with Play(Driver) as it:
        it.near.set("ad_actor_system", "00:00:5e:00:53:ab")
        time.sleep(0.5)
        it.joined()
        it.near.set("ad_actor_sys_prio", "50")
        time.sleep(0.5)
        it.joined()
        it.carries()


@scenario("ebond-member-pulled-with-the-hook")
def hook():
    """At most one frame lost at 1000 a second: the e2e test, on a kernel that allows the carrier hook."""
    done = subprocess.run([TOP / "build/e2e_bond", "--gtest_filter=Lacp.APulledMember*",
                           "--gtest_output=json:/tmp/pulled"],
                          capture_output=True, text=True, check=False)
    lost = json.loads(Path("/tmp/pulled").read_text())["testsuites"][0]["testsuite"][0].get("lost_at_pull")
    print(f"  {lost} frames lost")
    if done.returncode:
        raise Failed(done.stdout)


def main(arguments: list[str]) -> int:
    if arguments == ["--list"]:
        print("\n".join(f"{name}{'' if quick else '  (with --all)'}" for name, (_, quick) in SCENARIOS.items()))
        return 0
    everything = "--all" in arguments
    names = [a for a in arguments if a != "--all"] or [n for n, (_, quick) in SCENARIOS.items() if quick or everything]
    failed = 0
    for name in names:
        begin = time.monotonic()
        try:
            SCENARIOS[name][0]()
            print(f"passed  {name} ({time.monotonic() - begin:.0f} s)", flush=True)
        except Failed as why:
            failed += 1
            print(f"FAILED  {name}: {why}", flush=True)
    print(f"{len(names)} LACP scenarios, {len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
