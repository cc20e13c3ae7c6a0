# Two of the mended faults at once, and what lies beside them.
found=$(printf '2026-01-01,"Rent, flat",1234567.89\r\n2026-01-02,"Rent, flat",0.11\r\n' | sh bin/tally)
[ "$found" = '"Rent, flat",1234568' ] || { echo "tests/neighbours.sh: found $found" >&2; exit 1; }
[ -z "$(printf '' | sh bin/tally)" ] || { echo "tests/neighbours.sh: nothing in, something out" >&2; exit 1; }
found=$(printf '2026-01-01,food,-2.50\n2026-01-02,food,2.50' | sh bin/tally)
[ "$found" = "food,0" ] || { echo "tests/neighbours.sh: without a last line end: $found" >&2; exit 1; }
