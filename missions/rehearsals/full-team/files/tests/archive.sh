# The archive holds what is needed, and works where it is unpacked.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s archive OUT="$work/reads.tar" && tar -xf "$work/reads.tar" -C "$work"
echo 'One. Two.' >"$work/text"
[ "$(sh "$work/reads/bin/reads" "$work/text" | head -1)" = "words 2" ] || { echo "tests/archive.sh: wrong" >&2; exit 1; }
