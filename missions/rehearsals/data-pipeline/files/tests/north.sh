# The reader of the north shop, line by line.
found=$(printf 'order;day;amount\nN-1;2026-03-01;12,50\nN-1;2026-03-01;12,50\nN-2;2026-02-30;1,00\nN-3;2028-02-29;1.200,00\nN-4;2026-01-01;x\nN-5;2026-01-01\n' | awk -f pipeline/read-north)
[ "$found" = "ok,2026-03-01,north,N-1,1250
no,north,3,doubled
no,north,4,no day
ok,2028-02-29,north,N-3,120000
no,north,6,no amount
no,north,7,not three fields" ] || { echo "tests/north.sh: found
$found" >&2; exit 1; }
