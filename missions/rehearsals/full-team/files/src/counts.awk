# words, sentences and words per sentence, as `name value` lines.
{
    words += NF
    sentences += gsub(/[.!?]+([ \t]|$)/, "&")
}
END {
    if (words > 0 && sentences == 0) sentences = 1
    print "words", words + 0
    print "sentences", sentences + 0
    printf "words-per-sentence %.1f\n", sentences ? words / sentences : 0
}
