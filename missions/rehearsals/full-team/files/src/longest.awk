# The longest words, longest first, equals by the alphabet; `most` of them, each once.
{
    gsub(/[^A-Za-z-]+/, " ")
    for (i = 1; i <= NF; i++) if (!seen[tolower($i)]++) print length($i), tolower($i) | "sort -k1,1nr -k2,2 | head -" most
}
