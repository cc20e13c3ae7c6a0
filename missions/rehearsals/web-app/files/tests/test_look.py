import os
import re
import unittest

# The colours of a note, as docs/api.md names them.
COLORS = ("paper", "sand", "leaf", "sky", "rose", "plum")
STYLE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "app", "static", "margin.css")


def luminance(color):
    """Relative luminance, as the Web Content Accessibility Guidelines define it."""
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Look(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(STYLE, encoding="utf-8") as file:
            cls.style = file.read()
        light, dark = cls.style.split("prefers-color-scheme: dark", 1)
        cls.themes = {
            name: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for name, part in (("light", light), ("dark", dark))}

    def test_all_text_can_be_read_on_every_face_in_both_themes(self):
        for name, theme in self.themes.items():
            for face in COLORS + ("desk", "field"):
                for text in ("ink", "soft", "accent", "alarm"):
                    with self.subTest(theme=name, face=face, text=text):
                        self.assertGreaterEqual(contrast(theme[text], theme[face]), 4.5)
            self.assertGreaterEqual(contrast(theme["on-accent"], theme["accent"]), 4.5)

    def test_every_colour_of_a_note_has_a_face(self):
        for color in COLORS:
            self.assertIn('[data-color="%s"]' % color, self.style)

    def test_nothing_is_loaded_from_elsewhere(self):
        self.assertNotRegex(self.style, r"@import|url\(")


if __name__ == "__main__":
    unittest.main()
