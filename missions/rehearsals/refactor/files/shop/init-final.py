"""The price of an order, in cents."""

from shop.freight import freight
from shop.lines import read


def price(text):
    lines, code = read(text)
    total = sum(line.price for line in lines)
    if code == "WELCOME":
        total -= total // 10
    elif code == "TEN":
        total -= 1000
        if total < 0:
            total = 0
    total += freight(sum(line.amount for line in lines if line.has_weight))
    if code != "EXPORT":
        total += total * 19 // 100
    return total
