import unittest

from app.markdown import to_html


class Markdown(unittest.TestCase):
    def test_the_marks_of_notes(self):
        for text, html in [
            ("plain", "<p>plain</p>"),
            ("one\ntwo\n\nthree", "<p>one<br>two</p>\n<p>three</p>"),
            ("# Big\n### Small", "<h3>Big</h3>\n<h5>Small</h5>"),
            ("**bold** and _soft_", "<p><strong>bold</strong> and <em>soft</em></p>"),
            ("snake_case_name", "<p>snake_case_name</p>"),
            ("run `a_b **c**`", "<p>run <code>a_b **c**</code></p>"),
            ("- one\n- two", "<ul><li>one</li><li>two</li></ul>"),
            ("- [x] tea", '<ul><li class="todo"><input type="checkbox" disabled checked> tea</li></ul>'),
            ("```\n**as it is**\n```", "<pre><code>**as it is**</code></pre>"),
            ("```\nnever closed", "<pre><code>never closed</code></pre>"),
            ("[docs](https://example.org/a?b=1)",
             '<p><a href="https://example.org/a?b=1" rel="noopener noreferrer">docs</a></p>'),
            ("[_a_](https://e.org/_b_)",
             '<p><a href="https://e.org/_b_" rel="noopener noreferrer"><em>a</em></a></p>'),
            ("", ""),
        ]:
            with self.subTest(text=text):
                self.assertEqual(to_html(text), html)

    def test_no_tag_of_the_writers_survives(self):
        for text in [
            "<script>alert(1)</script>", "a <img src=x onerror=alert(1)>", "`<b>`", "# <h1>", "- <i>",
            "```\n</code></pre><script>\n```", '[x](https://e.org/"onclick="alert(1))',
        ]:
            with self.subTest(text=text):
                html = to_html(text)
                for tag in ("<script", "<img", "<b>", "<h1", "<i>", '"onclick'):
                    self.assertNotIn(tag, html)

    def test_a_link_leads_to_the_web_and_nowhere_else(self):
        for target in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.org"):
            with self.subTest(target=target):
                self.assertNotIn("<a ", to_html("[x](%s)" % target))


if __name__ == "__main__":
    unittest.main()
