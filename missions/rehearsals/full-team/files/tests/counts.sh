# Words and sentences are counted.
found=$(printf 'One two. Three!\nFour five six' | awk -f src/counts.awk | tr '\n' ' ')
[ "$found" = "words 6 sentences 2 words-per-sentence 3.0 " ] || { echo "tests/counts.sh: found $found" >&2; exit 1; }
