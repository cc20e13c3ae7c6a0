import os
import tempfile
import unittest

import store


class AgainTest(unittest.TestCase):
    def test_a_link_in_the_folder_leads_nowhere(self):
        with tempfile.TemporaryDirectory() as root:
            folder = os.path.join(root, "texts")
            os.mkdir(folder)
            with open(os.path.join(root, "secret"), "w") as file:
                file.write("secret")
            os.symlink(os.path.join(root, "secret"), os.path.join(folder, "link"))
            with self.assertRaises(OSError):
                store.get(folder, "link")
            with self.assertRaises(OSError):
                store.put(folder, "link", "x")

    def test_long_and_foreign_names_are_refused(self):
        for name in ["x" * 300, "naïve", "a b", "a\n"]:
            with self.subTest(name=name), self.assertRaises(ValueError):
                store.get("texts", name)
