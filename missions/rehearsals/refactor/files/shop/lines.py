"""The lines of an order."""

from collections import namedtuple


class Line(namedtuple("Line", "amount name cents")):
    @property
    def price(self):
        """Ten and more of one thing cost five in a hundred less."""
        full = self.amount * self.cents
        return full * 95 // 100 if self.amount >= 10 else full

    @property
    def has_weight(self):
        return self.name != "voucher"


def read(text):
    """The lines, and the last code that is given, or None."""
    lines, code = [], None
    for line in text.splitlines():
        parts = line.split()
        if not parts:
            continue
        if parts[0] == "code":
            code = parts[1]
        else:
            lines.append(Line(int(parts[0]), parts[1], int(parts[2])))
    return lines, code
