"""What the shop's prices must be."""

import unittest

from prices import discounted, gross, total  # type: ignore[import-not-found]


class Prices(unittest.TestCase):
    def test_gross(self) -> None:
        self.assertEqual(gross(100, 0.2), 120)

    def test_discounted(self) -> None:
        self.assertEqual(discounted(200, 25), 150)
        with self.assertRaises(ValueError):
            discounted(200, -1)

    def test_total(self) -> None:
        self.assertEqual(total([1, 2, 3]), 6)


if __name__ == "__main__":
    unittest.main()
