import tempfile
import unittest

import store


class StoreTest(unittest.TestCase):
    def test_what_was_put_is_there(self):
        with tempfile.TemporaryDirectory() as folder:
            store.put(folder, "a", "tea and cake")
            store.put(folder, "b", "tea")
            self.assertEqual(store.get(folder, "a"), "tea and cake")
            self.assertEqual([store.count(folder, w) for w in ("tea", "cake", "milk")], [2, 1, 0])
