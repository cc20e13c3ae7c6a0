import unittest

import service


class PackageTest(unittest.TestCase):
    def test_the_version_has_three_numbers(self):
        self.assertEqual(len([int(part) for part in service.__version__.split(".")]), 3)
