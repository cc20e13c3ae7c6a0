"""The price of an order, in cents."""


def price(text):
    total = 0
    weight = 0
    code = None
    for line in text.splitlines():
        parts = line.split()
        if not parts:
            continue
        if parts[0] == "code":
            code = parts[1]
            continue
        amount = int(parts[0])
        cents = int(parts[2])
        if amount >= 10:
            total += amount * cents * 95 // 100
        else:
            total += amount * cents
        if parts[1] != "voucher":
            weight += amount
    if code == "WELCOME":
        total -= total // 10
    elif code == "TEN":
        total -= 1000
        if total < 0:
            total = 0
    if weight > 0:
        if weight <= 5:
            total += 500
        elif weight <= 20:
            total += 900
        else:
            total += 900 + (weight - 20) * 10
    if code != "EXPORT":
        total += total * 19 // 100
    return total
