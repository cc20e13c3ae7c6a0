# What must hold of the tables together.
set -eu
[ -z "$(cut -d, -f2,3 build/orders.csv | uniq -d)" ] || { echo "tests/totals.sh: an order stands twice" >&2; exit 1; }
orders=$(awk -F, '{ sum += $4 } END { print sum + 0 }' build/orders.csv)
days=$(awk -F, '{ sum += $2 } END { print sum + 0 }' build/daily.csv)
[ "$orders" = "$days" ] || { echo "tests/totals.sh: orders $orders, days $days" >&2; exit 1; }
before=$(cat build/*.csv | cksum)
make -s all
[ "$before" = "$(cat build/*.csv | cksum)" ] || { echo "tests/totals.sh: a second run differs" >&2; exit 1; }
empty=$(mktemp -d)
cp -R pipeline Makefile "$empty" && mkdir "$empty/inbox"
(cd "$empty" && make -s all && cat build/*.csv) >"$empty/out"
[ ! -s "$empty/out" ] || { echo "tests/totals.sh: nothing in, something out" >&2; exit 1; }
rm -rf "$empty"
