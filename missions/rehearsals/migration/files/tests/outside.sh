# What users can notice, to the byte.
check() {
    found=$(printf "$1" | ./build/gauge $2 2>&1; echo "status $?")
    [ "$found" = "$3" ] || { printf 'tests/outside.sh: for %s found:\n%s\n' "$2" "$found" >&2; exit 1; }
}
check '5\n' '0 100' '0 out of range
status 0'
check '200\n-1\n' '0 100' 'warning: 200 is above 100
warning: -1 is below 0
2 out of range
status 1'
check 'x\n7\n' '0 5' 'note: a line without a number was left out
warning: 7 is above 5
1 out of range
status 1'
check '' '0' 'error: give the lowest and the highest value
status 2'
