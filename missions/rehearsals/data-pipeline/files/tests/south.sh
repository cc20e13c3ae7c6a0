# The reader of the south shop, line by line.
found=$(printf '{"id": 1, "at": "2026-03-01T22:30:00Z", "cents": 1999}\n{"id": 2, "at": "yesterday", "cents": 1}\n{"id": 3, "at": "2026-03-01T00:00:00Z"}\n{"id": 4, "at": "2026-03-01T00:00:00Z", "cents": -5}\n' | awk -f pipeline/read-south)
[ "$found" = "ok,2026-03-01,south,1,1999
no,south,2,no id or time
no,south,3,no amount
no,south,4,below zero" ] || { echo "tests/south.sh: found
$found" >&2; exit 1; }
