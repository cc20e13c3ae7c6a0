import unittest

from shop import price


class SmokeTest(unittest.TestCase):
    def test_one_line_has_a_price(self):
        self.assertEqual(price("1 tea 100"), 714)
