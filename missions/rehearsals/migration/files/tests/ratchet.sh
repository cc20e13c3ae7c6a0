# The number of old uses only falls: tests/old-uses.txt holds it.
wanted=$(cat tests/old-uses.txt)
found=$(cat src/*.c | grep -v 'void say(' | grep -c '[^a-z_]say(')
[ "$found" -eq "$wanted" ] || { echo "tests/ratchet.sh: $found old uses, tests/old-uses.txt says $wanted" >&2; exit 1; }
