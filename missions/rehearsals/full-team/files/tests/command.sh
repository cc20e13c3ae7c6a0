# The command tells how a text reads, and refuses with status 2.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'A tale of two cities.' >"$work/a text"
found=$(sh bin/reads "$work/a text" | tr '\n' ' ')
[ "$found" = "words 5 sentences 1 words-per-sentence 5.0 longest cities longest tale longest two " ] ||
    { echo "tests/command.sh: found $found" >&2; exit 1; }
sh bin/reads "$work/none" 2>/dev/null
[ $? -eq 2 ] || { echo "tests/command.sh: a missing file is no error" >&2; exit 1; }
