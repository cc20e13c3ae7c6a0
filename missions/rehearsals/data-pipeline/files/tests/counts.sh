# Lines in are lines out plus lines refused, source by source.
set -eu
for reader in pipeline/read-*; do
    [ -e "$reader" ] || continue
    shop=${reader##*/read-}
    in=$(cat inbox/$shop.csv inbox/$shop.jsonl 2>/dev/null | grep -vc '^order;' || :)
    out=$(grep -c ",$shop," build/orders.csv || :)
    no=$(grep -c "^$shop," build/refused.csv || :)
    [ "$in" -eq $((out + no)) ] || { echo "tests/counts.sh: $shop: $in in, $out out, $no refused" >&2; exit 1; }
done
