# A category in quotes may hold commas, and quotes doubled.
found=$(printf '2026-01-03,"Books, used",4\n2026-01-04,"Books, used",5\n2026-01-05,"a ""b""",1\n' | sh bin/tally)
[ "$found" = '"Books, used",9
"a ""b""",1' ] || { echo "tests/quotes.sh: found $found" >&2; exit 1; }
