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

    def test_the_readme_names_only_options_that_the_program_has(self):
        known = set(re.findall(r'add_argument\("(--[a-z]+)"', read("app", "__main__.py")))
        commands = [line for line in read("README.md").split("\n") if "python3 -m app" in line]
        self.assertLessEqual(set(re.findall(r"--[a-z]+", " ".join(commands))), known)

    def test_links_between_documents_lead_somewhere(self):
        pages = ["README.md"] + ["docs/" + name for name in os.listdir(os.path.join(ROOT, "docs"))]
        for page in pages:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", read(*page.split("/"))):
                with self.subTest(page=page, target=target):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, os.path.dirname(page), target)))


if __name__ == "__main__":
    unittest.main()
