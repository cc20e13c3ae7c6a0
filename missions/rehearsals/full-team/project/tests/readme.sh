# There is a README with a title.
head -1 README.md | grep -q '^# ' || { echo "tests/readme.sh: no title" >&2; exit 1; }
