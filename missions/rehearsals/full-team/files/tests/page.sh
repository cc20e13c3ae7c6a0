# The page carries its style and the numbers, and nothing of a text becomes markup.
page=$(printf 'words 5\nlongest <b>\n' | awk -v style=src/page.css -f src/page.awk)
case $page in
*'color-scheme'*'<dt>words</dt><dd>5</dd>'*'&lt;b>'*'</html>') ;;
*) echo "tests/page.sh: found $page" >&2; exit 1 ;;
esac
