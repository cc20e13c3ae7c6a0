# The example adds up.
[ "$(sh bin/tally examples.csv)" = "food,19.75
rent,800" ] || { echo "tests/sums.sh: wrong sums" >&2; exit 1; }
