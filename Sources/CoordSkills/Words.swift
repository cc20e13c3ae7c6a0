/// Cuts text into the words that are compared: lower case, without endings, without words that say nothing.
package enum Words {
    /// The words of a text in their order, repeated as they stand.
    package static func stems(of text: String) -> [String] {
        var stems: [String] = []
        cut(text) { word in
            if !silent.contains(word) { stems.append(stem(Array(word.utf8))) }
        }
        return stems
    }

    /// Calls `take` with each word in lower case. A single letter says nothing, but for the language C.
    private static func cut(_ text: String, _ take: (String) -> Void) {
        var word: [UInt8] = []
        func end() {
            if word.count > 1 || word.first == UInt8(ascii: "c") {
                take(String(decoding: word, as: UTF8.self))
            }
            word.removeAll(keepingCapacity: true)
        }
        for byte in text.utf8 {
            switch byte {
            case 0x41...0x5A: word.append(byte | 0x20)
            case 0x61...0x7A, 0x30...0x39, 0x80...: word.append(byte)
            default: end()
            }
        }
        end()
    }

    /// Numbers the words of many texts, and remembers what each word came to: the words of a pool are few.
    struct Stemmer {
        /// Each stem with its number.
        private(set) var words: [String: Int32] = [:]
        /// What was met so far; −1 for words that say nothing.
        private var met: [String: Int32] = [:]

        var count: Int { words.count }

        mutating func numbers(of text: String) -> [Int32] {
            var numbers: [Int32] = []
            Words.cut(text) { word in
                let number = number(of: word)
                if number >= 0 { numbers.append(number) }
            }
            return numbers
        }

        private mutating func number(of word: String) -> Int32 {
            if let known = met[word] { return known }
            var number: Int32 = -1
            if !Words.silent.contains(word) {
                let stem = Words.stem(Array(word.utf8))
                number = words[stem] ?? Int32(words.count)
                words[stem] = number
            }
            met[word] = number
            return number
        }
    }

    /// A light stemmer: endings of number, time and doing are taken off, the same way everywhere. What comes
    /// out need be no word. Synonyms that tasks and manuals use for one thing come out as one.
    static func stem(_ word: [UInt8]) -> String {
        let text = String(decoding: word, as: UTF8.self)
        if let known = synonyms[text] { return known }
        var stem = text
        for (ending, rest, least) in endings where stem.hasSuffix(ending) {
            guard stem.utf8.count - ending.utf8.count >= least else { continue }
            stem = String(stem.dropLast(ending.count)) + rest
            break
        }
        // `running` and `run`, `committed` and `commit`.
        let letters = Array(stem.utf8)
        if stem.utf8.count < text.utf8.count, letters.count > 3,
            letters[letters.count - 1] == letters[letters.count - 2],
            !"aeiouls".utf8.contains(letters[letters.count - 1])
        {
            stem.removeLast()
        }
        if stem.hasSuffix("e"), stem.utf8.count > 3 { stem.removeLast() }
        return synonyms[stem] ?? stem
    }

    private static let endings: [(ending: String, rest: String, least: Int)] = [
        ("ations", "", 4), ("ation", "", 4), ("ings", "", 3), ("ing", "", 3), ("ies", "y", 2),
        ("sses", "ss", 2),
        ("ers", "", 4), ("ied", "y", 2), ("ed", "", 3), ("ers", "", 3), ("er", "", 4), ("ors", "", 4),
        ("or", "", 4), ("ment", "", 4), ("ness", "", 4), ("ly", "", 3), ("xes", "x", 2), ("ches", "ch", 2),
        ("shes", "sh", 2), ("us", "us", 1), ("ss", "ss", 1), ("s", "", 2),
    ]

    /// Words of tasks that tell nothing about what is needed.
    private static let silent: Set<String> = [
        "the", "a", "an", "and", "or", "of", "to", "in", "on", "for", "is", "are", "be", "it", "its", "this",
        "that", "with", "as", "at", "by", "from", "so", "we", "our", "you", "your", "i", "me", "my", "do",
        "does",
        "done", "was", "were", "has", "have", "had", "can", "could", "should", "would", "will", "shall",
        "may",
        "must", "not", "no", "but", "if", "then", "than", "there", "their", "them", "they", "what", "which",

        "how", "when", "all", "any", "each", "every", "some", "into", "out", "up", "about",
        "after",
        "before", "also", "only", "just", "please", "make", "sure", "need", "needs", "use", "used", "using",
        "let",
        "get", "us", "more", "most", "one", "two", "these", "those", "such", "other", "here", "now", "new",
        "same",
        "show", "tell", "give", "see", "put", "bring", "take", "come", "people", "someone", "somebody",
        "everything",
        "everybody", "anybody", "anything", "something", "nothing", "nobody", "two", "three", "many", "off",
        "down",
        "back", "last", "first", "long", "own", "thing", "things", "part", "parts", "day", "days", "want",
        "like",
        "since", "during", "until", "well", "really", "exactly", "once", "way", "both", "either", "yet",
        "already",
        "task", "skill", "agent", "whether", "without", "between", "over", "under", "again", "still", "too",
        "very",
    ]

    /// What people write, and the one word it is taken for. Keys and values are as they come out of `stem`.
    private static let synonyms: [String: String] = [
        "segfault": "defect", "segmentation": "defect", "exception": "defect", "exceptions": "defect",
        "dies": "defect", "died": "defect", "hang": "defect", "hangs": "defect", "freezes": "defect",
        "broke": "defect", "breaks": "defect", "collide": "conflict", "collides": "conflict",
        "collision": "conflict", "overlap": "conflict", "clash": "conflict", "vanished": "remov",
        "vanish": "remov", "disappear": "remov", "disappeared": "remov", "dropped": "remov",
        "delete": "remov", "deleted": "remov", "dead": "remov", "unused": "remov", "rollout": "deploy",
        "rolled": "deploy", "roll": "deploy", "red": "fail", "usages": "call", "usage": "call",
        "callers": "call", "references": "call", "crate": "rust", "cargo": "rust", "golang": "go",
        "phone": "mobil", "phones": "mobil", "mobile": "mobil", "screens": "screen", "statement": "query",
        "hole": "vulnerab", "holes": "vulnerab", "insecure": "vulnerab", "tarball": "archiv", "zip": "archiv",
        "archive": "archiv", "room": "disk", "box": "machin", "machine": "machin", "proofread": "spell",
        "manual": "docs", "chapter": "head", "chapters": "head", "headings": "head", "heading": "head",
        "instructions": "guid", "tutorial": "guid", "guide": "guid", "newcomer": "beginn",
        "newcomers": "beginn", "beginners": "beginn", "patch": "diff", "story": "histor", "evolve": "histor",
        "evolved": "histor", "segments": "segment", "latency": "performanc", "bottleneck": "performanc",
        "slower": "performanc", "seconds": "performanc", "minutes": "performanc", "optimise": "performanc",
        "optimize": "performanc", "profile": "performanc", "hot": "performanc", "quicker": "performanc",
        "wipe": "remov", "classes": "class", "interface": "symbol", "function": "symbol",
        "functions": "symbol", "class": "symbol", "method": "symbol", "methods": "symbol", "name": "nam",
        "attack": "threat", "attacker": "threat", "attackers": "threat", "abuse": "threat",
        "stolen": "threat", "steal": "threat", "regex": "pattern", "sentence": "text", "message": "messag",
        "pods": "contain", "docker": "contain", "container": "contain", "containers": "contain",
        "image": "imag", "occupied": "port", "taken": "port", "listens": "port", "outage": "incident",
        "postmortem": "incident", "downtime": "incident", "announce": "changelog",
        "announcement": "changelog", "rests": "rest", "db": "databas", "database": "databas",
        "postgres": "sql", "postgresql": "sql", "mysql": "sql",
        "sqlite": "sqlite", "doc": "docs", "docs": "docs", "documentation": "docs", "document": "docs",
        "documents": "docs", "spec": "test", "specs": "test", "unittest": "test", "tester": "test",
        "bug": "defect", "bugs": "defect", "broken": "defect", "crash": "defect", "crashes": "defect",
        "dependencies": "depend", "dependency": "depend", "dependencie": "depend", "deps": "depend",
        "package": "packag", "packages": "packag", "vulnerabilities": "vulnerab", "vulnerability": "vulnerab",
        "vulnerable": "vulnerab", "cve": "vulnerab", "cves": "vulnerab", "secrets": "secret",
        "credential": "secret", "credentials": "secret", "password": "secret", "passwords": "secret",
        "style": "lint", "linter": "lint", "linting": "lint", "url": "link", "urls": "link", "links": "link",
        "hyperlink": "link", "blame": "blam", "authored": "author", "repo": "repositor",
        "repository": "repositor", "repositories": "repositor", "js": "javascript", "ts": "typescript",
        "perf": "performanc", "slow": "performanc", "performance": "performanc", "speed": "performanc",
        "faster": "performanc", "benchmark": "bench", "benchmarks": "bench", "regression": "regress",
        "config": "configur", "configuration": "configur", "settings": "configur", "setting": "configur",
        "search": "search", "find": "search", "grep": "search", "locate": "search", "look": "search",
        "error": "error", "errors": "error", "failing": "fail", "failed": "fail", "fails": "fail",
        "failure": "fail", "failures": "fail", "typos": "spell", "typo": "spell", "spelling": "spell",
        "misspelled": "spell", "changelog": "changelog", "changes": "chang", "changed": "chang",
        "history": "histor", "histories": "histor", "csv": "csv", "tsv": "csv", "spreadsheet": "csv",
        "yml": "yaml", "compile": "build", "compiles": "build", "compiling": "build", "compiled": "build",
        "compiler": "build", "duplicated": "duplicat", "duplicate": "duplicat", "duplicates": "duplicat",
        "duplication": "duplicat", "cert": "certificat", "certificate": "certificat", "tls": "certificat",
        "ssl": "certificat", "disk": "disk", "memory": "memor", "logs": "log", "logfile": "log",
        "endpoint": "api", "endpoints": "api", "rest": "api", "migrate": "migrat", "migration": "migrat",
        "migrations": "migrat", "licence": "licens", "licences": "licens", "license": "licens",
        "licenses": "licens", "readme": "readm", "version": "version", "versions": "version",
        "merge": "merg", "conflict": "conflict", "conflicts": "conflict", "formatting": "format",
        "formatter": "format", "indentation": "format", "reformat": "format", "rename": "renam",
        "renaming": "renam", "stash": "stash", "tag": "tag", "tags": "tag", "accessibility": "a11y",
        "wcag": "a11y", "http": "http", "https": "http", "request": "request", "coverage": "cover",
        "covered": "cover", "uncovered": "cover",
    ]
}
