#!/usr/bin/env python3
"""The comparison itself, without a VM: what counts as equal, as listed, as different."""

import importlib.machinery
import importlib.util
import tempfile
import unittest
from pathlib import Path

loader = importlib.machinery.SourceFileLoader("compare", str(Path(__file__).parent / "compare"))
compare = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare", loader))
__import__("sys").modules["compare"] = compare
__import__("sys").dont_write_bytecode = True
loader.exec_module(compare)

END = "\nscenario ended: 0\n"


class Comparison(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = Path(self.scratch.name)

    def findings(self, driver: str, ebond: str, differences: str = "", kernel: str | None = None) -> list[str]:
        (self.folder / "x.driver").write_text(driver)
        (self.folder / "x.ebond").write_text(ebond)
        (self.folder / "differences.md").write_text(differences)
        listed = compare.read_differences(self.folder / "differences.md", kernel)
        found, _ = compare.compare("x", self.folder / "x.driver", self.folder / "x.ebond", listed)
        return [f"{f.sign} {f.text}" for f in found]

    def test_the_same_text_has_no_findings(self):
        text = "$ see bond0\nMII Status: up" + END
        self.assertEqual(self.findings(text, text), [])

    def test_a_line_that_differs_is_found_on_both_sides(self):
        self.assertEqual(self.findings("$ see bond0\nMII Status: up" + END, "$ see bond0\nMII Status: down" + END),
                         ["- MII Status: up", "+ MII Status: down"])

    def test_a_program_of_the_harness_that_breaks_off_is_found_though_both_sides_are_equal(self):
        text = "$ hears 4\nTraceback (most recent call last):\n" + END
        self.assertEqual(self.findings(text, text), ["- a program of the harness broke off",
                                                     "+ a program of the harness broke off"])

    def test_a_step_that_fails_on_both_sides_is_found_on_both(self):
        for words in ("not in time", "too early", "lost to eth1", "more were lost", "eth0 has no link"):
            text = f"$ becomes_active eth0\n{words}" + END
            self.assertEqual(self.findings(text, text), [f"- {words}", f"+ {words}"])

    def test_what_may_fail_is_no_finding_if_it_fails_on_both_sides(self):
        text = "$ becomes_carrier 0 0 4000 or_not\n{}" + END
        self.assertEqual(self.findings(text.format("not in time"), text.format("not in time")), [])
        self.assertNotEqual(self.findings(text.format("not in time"), text.format("in time")), [])

    def test_answers_that_are_missing_on_both_sides_are_found_on_both(self):
        text = "$ answers 10 192.0.2.2\nanswered 0" + END
        self.assertEqual(self.findings(text, text), ["- answered 0 of 10", "+ answered 0 of 10"])
        for text in ("$ answers 10 192.0.2.2\nanswered 10" + END, "$ unanswered 10 192.0.2.2\nanswered 0" + END):
            self.assertEqual(self.findings(text, text), [])

    def test_a_frame_that_neither_side_hears_is_found_on_both(self):
        text = "$ in_packets 0x888e 00:00:5e:00:53:01 eth0\nnot heard" + END
        self.assertEqual(self.findings(text, text), ["- not heard", "+ not heard"])
        self.assertEqual(self.findings("$ not_" + text[2:], "$ not_" + text[2:]), [])

    def test_another_exit_code_is_found(self):
        self.assertEqual(self.findings("$ ip x\nexit 2" + END, "$ ip x\nexit 0" + END), ["- exit 2", "+ exit 0"])

    def test_a_translated_refusal_equals_any_refusal_but_no_acceptance(self):
        self.assertEqual(self.findings("$ ip x\nexit 255" + END, "# translated\n$ ip x\nexit 2" + END), [])
        self.assertEqual(self.findings("$ ip x\nexit 255" + END, "# translated\n$ ip x\nexit 0" + END),
                         ["- refused", "+ accepted"])

    def test_messages_times_and_the_version_line_are_not_compared(self):
        driver = "$ see bond0\nEthernet Channel Bonding Driver: v6.1\n# after 30 ms" + END
        ebond = "$ see bond0\nEthernet Channel Bonding Driver: v6.1-ebond\n# after 4 ms\n# said so" + END
        self.assertEqual(self.findings(driver, ebond), [])

    def test_a_listed_difference_covers_its_scenario_and_step_only(self):
        driver, ebond = "$ see bond0\nA: 0" + END, "$ see bond0\nA: 100" + END
        entry = "<!-- difference a\nscenario: {}\nstep: {}\ndriver: A: 0\nebond: A: \\d+\n-->"
        self.assertEqual(self.findings(driver, ebond, entry.format("x", "see *")), [])
        self.assertNotEqual(self.findings(driver, ebond, entry.format("y", "see *")), [])
        self.assertNotEqual(self.findings(driver, ebond, entry.format("x", "see_link *")), [])

    def test_a_listed_difference_may_be_of_some_kernels(self):
        driver, ebond = "$ see bond0\nA: 0" + END, "$ see bond0\nA: 100" + END
        entry = "<!-- difference a\nkernel: 7*\ndriver: A: 0\nebond: A: 100\n-->"
        self.assertEqual(self.findings(driver, ebond, entry, kernel="7.3"), [])
        self.assertNotEqual(self.findings(driver, ebond, entry, kernel="6.12"), [])
        self.assertNotEqual(self.findings(driver, ebond, entry), [])

    def test_a_listed_pair_does_not_excuse_one_side_alone(self):
        entry = "<!-- difference a\ndriver: A: 0\nebond: A: 100\n-->"
        self.assertEqual(self.findings("$ see\nA: 0" + END, "$ see" + END, entry), ["- A: 0"])

    def test_a_listed_pair_may_carry_over_what_the_drivers_line_had(self):
        entry = "<!-- difference a\ndriver: flags: (.*) UP\nebond: flags: \\1 NOARP UP\n-->"
        self.assertEqual(self.findings("$ see\nflags: A UP" + END, "$ see\nflags: A NOARP UP" + END, entry), [])
        self.assertEqual(self.findings("$ see\nflags: A UP" + END, "$ see\nflags: B NOARP UP" + END, entry),
                         ["- flags: A UP", "+ flags: B NOARP UP"])

    def test_what_the_kernel_says_late_of_a_carrier_is_not_compared(self):
        link = '$ see_link e\njson [{"ifname":"e","flags":["UP",%s],"operstate":"%s"}]' + END
        self.assertEqual(self.findings(link % ('"LOWER_UP","NO-CARRIER"', "DOWN"), link % ('"LOWER_UP"', "UP")), [])
        self.assertNotEqual(self.findings(link % ('"LOWER_UP"', "UP"), link % ('"NO-CARRIER"', "UP")), [])

    def test_a_side_that_ends_early_is_found(self):
        found = self.findings("$ see\n$ see" + END, "$ see\n")
        self.assertTrue(any("2 with ebond" in line for line in found), found)

    def test_a_scenario_that_fails_on_both_sides_is_found(self):
        text = "$ see\nscenario ended: 9\n"
        self.assertNotEqual(self.findings(text, text), [])

    def test_of_a_link_only_what_both_sides_can_have_is_compared(self):
        driver = '$ see_link bond0\njson [{"ifindex":4,"ifname":"bond0","mtu":1500,"flags":["UP"],"txqlen":1000}]' + END
        ebond = '$ see_link bond0\njson [{"ifindex":9,"ifname":"bond0","mtu":1500,"flags":["UP"],"txqlen":0}]' + END
        self.assertEqual(self.findings(driver, ebond), [])
        self.assertEqual(self.findings(driver, ebond.replace("1500", "1400")), ["- mtu: 1500", "+ mtu: 1400"])


if __name__ == "__main__":
    unittest.main()
