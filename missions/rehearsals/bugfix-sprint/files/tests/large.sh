# Large sums are written in full, small ones without trailing zeros.
found=$(printf '2026-01-01,rent,1234567.89\n2026-01-01,food,0.10\n2026-01-01,tea,3\n' | sh bin/tally)
[ "$found" = "food,0.1
rent,1234567.89
tea,3" ] || { echo "tests/large.sh: found $found" >&2; exit 1; }
