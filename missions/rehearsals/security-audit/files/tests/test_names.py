import os
import tempfile
import unittest

import store


class NamesTest(unittest.TestCase):
    def test_a_name_never_leaves_the_folder(self):
        with tempfile.TemporaryDirectory() as root:
            folder = os.path.join(root, "texts")
            os.mkdir(folder)
            with open(os.path.join(root, "secret"), "w") as file:
                file.write("secret")
            for name in ["../secret", os.path.join(root, "secret"), "..", ".", "", "a/b", "a\\b", "a\0b", ".hidden"]:
                with self.subTest(name=name):
                    with self.assertRaises(ValueError):
                        store.get(folder, name)
                    with self.assertRaises(ValueError):
                        store.put(folder, name, "x")
