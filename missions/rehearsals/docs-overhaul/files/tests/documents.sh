# Every example of the documents does what they say, and every link leads somewhere. What is wrong today stands in
# tests/known-wrong.txt, and nothing else may.
set -eu
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
wrong=$copy/wrong
: >"$wrong"
for page in *.md docs/*.md; do
    [ -e "$page" ] || continue
    # One file per example: its command, and the output that the page shows.
    awk -v folder="$copy" '
        /^```/ { fenced = !fenced; open = 0; next }
        fenced && /^\$ / { n++; print substr($0, 3) >(folder "/" n ".command"); printf "" >(folder "/" n ".wanted"); open = 1; next }
        fenced && open { print >(folder "/" n ".wanted") }' "$page"
    for command in "$copy"/*.command; do
        [ -e "$command" ] || continue
        # An answer may be an error: what it says counts.
        sh "$command" >"$copy/found" 2>&1 || :
        cmp -s "$copy/found" "${command%.command}.wanted" || echo "$page: $(cat "$command")" >>"$wrong"
    done
    rm -f "$copy"/*.command "$copy"/*.wanted
    grep -o '](\([^):]*\))' "$page" | tr -d '()]' | while read -r link; do
        [ -e "$(dirname "$page")/$link" ] || echo "$page: link to $link" >>"$wrong"
    done
done
sort "$wrong" | diff tests/known-wrong.txt - || { echo "tests/documents.sh: documents and program differ" >&2; exit 1; }
