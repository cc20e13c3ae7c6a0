import sys

from shop import price

with open(sys.argv[1]) as file:
    print(price(file.read()))
