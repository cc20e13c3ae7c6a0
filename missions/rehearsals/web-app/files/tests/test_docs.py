import os
import re
import unittest

from app.application import build
from app.storage import NoteStore

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


class Documents(unittest.TestCase):
    def test_every_route_is_in_the_api_page_and_the_other_way_round(self):
        store = NoteStore()
        self.addCleanup(store.close)
        routes = {
            (method, re.sub(r"\{number:", "{", path)) for method, path, _, _ in build(store).routes
            if path.startswith("/api/")}
        documented = set(re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \|", read("docs", "api.md"), re.MULTILINE))
        self.assertEqual(documented, routes)

    def test_the_readme_starts_the_program_with_options_it_has(self):
        self.assertIn("python3 -m app", read("README.md"))
        known = set(re.findall(r'add_argument\("(--[a-z]+)"', read("app", "__main__.py")))
        self.assertLessEqual(set(re.findall(r"(?<![\w-])--(?!help)[a-z]+", read("README.md"))),
                             known | {"--fail", "--data"})

    def test_links_between_documents_lead_somewhere(self):
        for page in ("README.md", "docs/architecture.md", "docs/api.md", "docs/security.md"):
            for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", read(*page.split("/"))):
                with self.subTest(page=page, target=target):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, os.path.dirname(page), target)))


if __name__ == "__main__":
    unittest.main()
