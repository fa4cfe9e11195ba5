#!/usr/bin/env python3
"""Which kernel the VM boots, out of what a machine may have in /boot and /lib/modules, and what was fetched."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

CHOOSE = Path(__file__).resolve().parent / "choose-kernel"


class ChooseKernel(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.root = Path(self.scratch.name)

    def image(self, *releases: str) -> None:
        for release in releases:
            (self.root / "boot").mkdir(exist_ok=True)
            (self.root / "boot" / f"vmlinuz-{release}").touch()

    def modules(self, *releases: str) -> None:
        for release in releases:
            (self.root / "lib" / "modules" / release).mkdir(parents=True)
            (self.root / "lib" / "modules" / release / "modules.dep").touch()

    def choose(self, prefix: str = "") -> subprocess.CompletedProcess:
        return subprocess.run([CHOOSE, "--root", self.root, prefix], capture_output=True, text=True, check=False,
                              env={**os.environ, "XDG_CACHE_HOME": str(self.root / "cache")})

    def chosen(self, prefix: str = "") -> str:
        answer = self.choose(prefix)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        release, _, place = answer.stdout.strip().partition(" ")
        self.place = Path(place)
        return release

    def fetched(self, release: str) -> Path:
        place = self.root / "cache" / "ebond-vm" / "kernels" / release
        (place / "boot").mkdir(parents=True)
        (place / "boot" / f"vmlinuz-{release}").touch()
        (place / "lib" / "modules" / release).mkdir(parents=True)
        (place / "lib" / "modules" / release / "modules.dep").touch()
        return place

    def test_the_newest_of_debians_is_chosen(self):
        for release in ("6.1.0-9-amd64", "6.1.0-56-amd64", "7.3.0"):
            self.image(release)
            self.modules(release)
        self.assertEqual(self.chosen(), "6.1.0-56-amd64")

    def test_one_without_an_image_is_passed_over(self):
        self.image("6.1.0-9-amd64")
        self.modules("6.1.0-9-amd64", "6.1.0-56-amd64")
        self.assertEqual(self.chosen(), "6.1.0-9-amd64")

    def test_one_without_modules_is_passed_over(self):
        self.image("6.1.0-9-amd64", "6.1.0-56-amd64")
        self.modules("6.1.0-9-amd64")
        self.assertEqual(self.chosen(), "6.1.0-9-amd64")

    def test_modules_alone_are_an_error_that_says_what_to_install(self):
        self.modules("6.1.0-56-amd64")
        answer = self.choose()
        self.assertEqual(answer.returncode, 1)
        self.assertIn("6.1.0-56-amd64 has modules only", answer.stderr)
        self.assertIn("linux-image-amd64", answer.stderr)

    def test_nothing_at_all_is_an_error_that_says_what_to_install(self):
        answer = self.choose()
        self.assertEqual(answer.returncode, 1)
        self.assertIn("linux-image-amd64", answer.stderr)

    def test_a_prefix_chooses_the_newest_that_begins_so_and_ends_no_number_in_two(self):
        for release in ("6.1.0-9-amd64", "6.1.0-56-amd64", "6.12.9+bpo-amd64", "7.3.0"):
            self.image(release)
            self.modules(release)
        self.assertEqual(self.chosen("6.1"), "6.1.0-56-amd64")
        self.assertEqual(self.chosen("6.12"), "6.12.9+bpo-amd64")
        self.assertEqual(self.chosen("6."), "6.12.9+bpo-amd64")
        self.assertEqual(self.chosen("7"), "7.3.0")
        self.assertEqual(self.chosen("6.1.0-9-amd64"), "6.1.0-9-amd64")

    def test_a_fetched_one_is_taken_if_it_is_asked_for(self):
        self.image("6.1.0-56-amd64")
        self.modules("6.1.0-56-amd64")
        place = self.fetched("6.12.95+deb12-amd64")
        self.assertEqual(self.chosen(), "6.1.0-56-amd64")
        self.assertEqual(self.place, self.root)
        self.assertEqual(self.chosen("6.12"), "6.12.95+deb12-amd64")
        self.assertEqual(self.place, place)

    def test_a_prefix_of_none_names_what_there_is(self):
        self.image("6.1.0-56-amd64")
        self.modules("6.1.0-56-amd64")
        answer = self.choose("6.9")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("no kernel 6.9 to boot", answer.stderr)
        self.assertIn("There are: 6.1.0-56-amd64.", answer.stderr)


if __name__ == "__main__":
    unittest.main()
