# `name value` lines as a page that needs nothing from elsewhere.
function safe(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    return text
}
BEGIN {
    print "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>How it reads</title><style>"
    while ((getline line <style) > 0) print line
    print "</style><h1>How it reads</h1><dl>"
}
{ name = $1; sub(/^[^ ]* /, ""); print "<dt>" safe(name) "</dt><dd>" safe($0) "</dd>" }
END { print "</dl></html>" }
