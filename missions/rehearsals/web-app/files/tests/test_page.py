import os
import re
import unittest
from html.parser import HTMLParser

STATIC = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "app", "static")


def read(name):
    with open(os.path.join(STATIC, name), encoding="utf-8") as file:
        return file.read()


class Outline(HTMLParser):
    """The tags of a page with their attributes, and which fields have a label."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.labelled, self._in_label = [], set(), 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag == "label":
            self._in_label += 1
            self.labelled.add(attributes.get("for"))
        elif self._in_label and "id" in attributes:
            self.labelled.add(attributes["id"])

    def handle_endtag(self, tag):
        self._in_label -= tag == "label"


class Page(unittest.TestCase):
    def setUp(self):
        self.outline = Outline(read("index.html"))

    def test_every_file_it_names_is_there(self):
        named = [value for _, attributes in self.outline.tags for key, value in attributes.items()
                 if key in ("src", "href") and value != "/"]
        self.assertGreaterEqual(len(named), 3)
        for name in named:
            self.assertTrue(os.path.exists(os.path.join(STATIC, os.path.basename(name))), name)
            self.assertTrue(name.startswith("/static/"), name)

    def test_every_field_has_a_label(self):
        for tag, attributes in self.outline.tags:
            if tag in ("input", "textarea"):
                self.assertIn(attributes["id"], self.outline.labelled)

    def test_it_speaks_a_language_and_fits_a_telephone(self):
        self.assertIn(("html", {"lang": "en"}), self.outline.tags)
        self.assertIn("viewport", [attributes.get("name") for _, attributes in self.outline.tags])

    def test_nothing_runs_from_within_the_page(self):
        self.assertNotIn("<style", read("index.html"))
        for tag, attributes in self.outline.tags:
            self.assertFalse([key for key in attributes if key.startswith("on") or key == "style"], tag)
            self.assertTrue(tag != "script" or "src" in attributes)

    def test_every_part_the_script_asks_for_is_there(self):
        there = {attributes.get("id") for _, attributes in self.outline.tags}
        self.assertLessEqual(set(re.findall(r'find\("([a-z-]+)"\)', read("margin.js"))), there)

    def test_only_the_servers_own_html_is_taken_as_html(self):
        self.assertEqual(re.findall(r"innerHTML = (.*);", read("margin.js")), ["note.html"])


if __name__ == "__main__":
    unittest.main()
