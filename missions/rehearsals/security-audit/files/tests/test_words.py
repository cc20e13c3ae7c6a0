import tempfile
import unittest

import store


class WordsTest(unittest.TestCase):
    def test_a_word_is_never_a_command(self):
        with tempfile.TemporaryDirectory() as folder:
            store.put(folder, "a", "it's 5 > 4; $HOME `date` .*")
            for word, found in [("'; echo 41 #", 0), ("$(echo 41)", 0), ("it's", 1), ("`date`", 1), (".*", 1),
                                ("H.ME", 0), ("-r", 0), ("", 1)]:
                with self.subTest(word=word):
                    self.assertEqual(store.count(folder, word), found)
