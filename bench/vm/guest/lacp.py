"""How long two LACP partners with fast rate take until both report every link collecting and distributing.

lacp.py [ROUNDS]

start: new bonds, then all cables plugged in; return: all cables pulled and plugged in again, 5 s later. The pairs take
turns, round after round, in one run. Prints a line a pair: least, median, most, in seconds.
"""

import statistics
import sys
import time

sys.path.insert(0, f"{sys.path[0]}/../../../tests/vm/guest/lacp")
from lab import LINKS, Cables, Driver, Ebond, Teamd, wait_for  # noqa: E402

PAIRS = [(Driver, Driver), (Ebond, Ebond), (Ebond, Driver), (Teamd, Teamd), (Ebond, Teamd)]


def plugged_until_joined(cables, near, far) -> float:
    begin = time.monotonic()
    cables.plug(*range(LINKS))
    wait_for("joined", lambda: near.has_joined() and far.has_joined(), 120)
    return time.monotonic() - begin


def one_round(near_class, far_class) -> tuple[float, float]:
    cables = Cables()
    near, far = near_class("near"), far_class("far")
    cables.pull(*range(LINKS))
    near.start()
    far.start()
    time.sleep(1)
    start = plugged_until_joined(cables, near, far)
    cables.pull(*range(LINKS))
    time.sleep(5)
    back = plugged_until_joined(cables, near, far)
    near.stop()
    far.stop()
    cables.remove()
    return start, back


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    measured = {pair: ([], []) for pair in PAIRS}
    for _ in range(rounds):
        for pair, lists in measured.items():
            for times, took in zip(lists, one_round(*pair)):
                times.append(took)
    for (near, far), lists in measured.items():
        for what, times in zip(("start", "return"), lists):
            print(f"{near.name:6} with {far.name:6} {what:6}  "
                  f"{min(times):.2f} {statistics.median(times):.2f} {max(times):.2f}")


main()
