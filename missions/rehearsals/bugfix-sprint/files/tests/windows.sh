# Lists with Windows line ends add up with the others.
found=$(printf '2026-01-03,food,1\r\n2026-01-04,food,2\n' | sh bin/tally)
[ "$found" = "food,3" ] || { echo "tests/windows.sh: found $found" >&2; exit 1; }
found=$(printf '2026-01-03,food\r\n2026-01-04,food,2\r\n' | sh bin/tally)
[ "$found" = "food,2" ] || { echo "tests/windows.sh: without an amount: $found" >&2; exit 1; }
