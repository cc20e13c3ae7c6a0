# A leap day counts.
[ "$(sh bin/waiting --from 2028-02-28 2028-03-01)" = "2 days" ] || { echo "tests/days.sh: wrong" >&2; exit 1; }
