# Nothing in, nothing out of range.
[ "$(./build/gauge 0 100 </dev/null)" = "0 out of range" ] || { echo "tests/smoke.sh: wrong" >&2; exit 1; }
