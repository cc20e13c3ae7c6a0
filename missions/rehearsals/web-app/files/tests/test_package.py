import re
import unittest

import app


class Package(unittest.TestCase):
    def test_it_names_its_version(self):
        self.assertRegex(app.__version__, re.compile(r"^\d+\.\d+\.\d+$"))

    def test_it_says_what_it_is(self):
        self.assertIn("notes", app.__doc__)


if __name__ == "__main__":
    unittest.main()
