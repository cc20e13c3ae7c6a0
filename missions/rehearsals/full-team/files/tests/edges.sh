# What nobody planned: an empty text, no letters, one very long word.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/empty"
[ "$(sh bin/reads "$work/empty" | head -1)" = "words 0" ] || { echo "tests/edges.sh: empty" >&2; exit 1; }
echo '1 2 3 ...' >"$work/numbers"
sh bin/reads "$work/numbers" | grep -q longest && { echo "tests/edges.sh: numbers are no words" >&2; exit 1; }
awk 'BEGIN { for (i = 0; i < 5000; i++) printf "x"; print "." }' >"$work/long"
[ "$(sh bin/reads "$work/long" | grep -c longest)" = 1 ] || { echo "tests/edges.sh: long" >&2; exit 1; }
