"""Markdown to HTML, the small part of it that notes need. The only place where text becomes HTML."""

import re

STRONG = re.compile(r"\*\*([^*]+)\*\*")
SOFT = re.compile(r"(?<!\w)_([^_]+)_(?!\w)")
KEPT = re.compile(r"`([^`]+)`|\[([^\]]+)\]\((https?://[^\s()]+)\)")
ITEM = re.compile(r"[-*] (?:\[([ xX])\] )?(.*)")
HEADING = re.compile(r"(#{1,3}) (.*)")


def to_html(text):
    """The text as HTML."""
    lines = text.replace("\r\n", "\n").split("\n")
    blocks, at = [], 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            end = next((i for i in range(at + 1, len(lines)) if lines[i].startswith("```")), len(lines))
            blocks.append("<pre><code>%s</code></pre>" % "\n".join(lines[at + 1:end]))
            at = end + 1
        elif HEADING.match(line):
            marks, title = HEADING.match(line).groups()
            # The page has its own first and second heading.
            blocks.append("<h%d>%s</h%d>" % (len(marks) + 2, inline(title), len(marks) + 2))
            at += 1
        elif ITEM.match(line):
            end = run(lines, at, lambda line: ITEM.match(line))
            blocks.append("<ul>%s</ul>" % "".join(item(line) for line in lines[at:end]))
            at = end
        elif line.strip():
            end = run(lines, at, lambda line: line.strip() and not starts_block(line))
            blocks.append("<p>%s</p>" % "<br>".join(inline(line) for line in lines[at:end]))
            at = end
        else:
            at += 1
    return "\n".join(blocks)


def run(lines, start, belongs):
    """The end of the lines from `start` that belong together; at least one does."""
    end = start + 1
    while end < len(lines) and belongs(lines[end]):
        end += 1
    return end


def starts_block(line):
    return line.startswith("```") or HEADING.match(line) or ITEM.match(line)


def item(line):
    mark, text = ITEM.match(line).groups()
    if mark is None:
        return "<li>%s</li>" % inline(text)
    ticked = " checked" if mark in "xX" else ""
    return '<li class="todo"><input type="checkbox" disabled%s> %s</li>' % (ticked, inline(text))


def inline(text):
    """Emphasis, code and links; code and the target of a link stay as they were written."""
    html, at = "", 0
    for match in KEPT.finditer(text):
        code, label, target = match.groups()
        html += emphasised(text[at:match.start()])
        html += "<code>%s</code>" % code if code else (
            '<a href="%s" rel="noopener noreferrer">%s</a>' % (target, emphasised(label)))
        at = match.end()
    return html + emphasised(text[at:])


def emphasised(text):
    return SOFT.sub(r"<em>\1</em>", STRONG.sub(r"<strong>\1</strong>", text))
