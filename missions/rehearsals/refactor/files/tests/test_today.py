"""What the price is today. A habit that looks like a fault is named so, and stays."""

import unittest

from shop import price

TODAY = [
    ("", 0),
    ("\n\n", 0),
    ("1 tea 100", 714),
    ("5 tea 100", 1190),
    ("6 tea 100", 1785),
    ("9 tea 100", 2142),
    ("10 tea 100", 2201),
    ("11 tea 99", 2301),
    ("20 tea 1", 1093),
    ("21 tea 1", 1105),
    ("100 tea 7", 2814),
    ("1 voucher 2500", 2975),
    ("3 voucher 10\n2 tea 10", 654),
    ("1 tea 100\ncode WELCOME", 702),
    ("1 tea 105\ncode WELCOME", 708),
    ("1 tea 100\ncode TEN", 595),
    ("30 tea 100\ncode TEN", 3391),
    ("1 tea 100\ncode EXPORT", 600),
    ("1 tea 100\ncode UNKNOWN", 714),
    ("code WELCOME\n1 tea 100", 702),
    ("1 tea 100\ncode TEN\ncode EXPORT", 600),
    ("-1 tea 100", -119),
    ("10 tea 33\n10 tea 33", 1815),
]


class TodayTest(unittest.TestCase):
    def test_every_order_costs_what_it_costs_today(self):
        for order, cents in TODAY:
            with self.subTest(order=order):
                self.assertEqual(price(order), cents)

    def test_habit_an_empty_amount_stops_the_program(self):
        with self.assertRaises(ValueError):
            price("tea 1 100")

    def test_habit_a_code_without_a_word_stops_the_program(self):
        with self.assertRaises(IndexError):
            price("code")
