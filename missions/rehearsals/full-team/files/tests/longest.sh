# The longest words stand first, and each stands once.
found=$(echo 'A tale of two cities, and of Cities: tale.' | awk -v most=2 -f src/longest.awk | tr '\n' ' ')
[ "$found" = "6 cities 4 tale " ] || { echo "tests/longest.sh: found $found" >&2; exit 1; }
