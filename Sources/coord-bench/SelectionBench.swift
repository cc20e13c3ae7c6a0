import CoordCatalog
import CoordJSON
import CoordModel
import CoordSkills
import CoordSystem

/// How well skills are chosen, and how fast: `coord-bench selection DATA FOLDER` counts the labelled tasks of
/// `bench/data/skill-selection.json` over the shipped pool; `--manifests N` times a generated pool (P15).
enum SelectionBench {
    static func run(_ options: Options) {
        do {
            if options.integer("manifests", 0) > 0 { return try time(options.integer("manifests", 0)) }
            guard options.words.count == 3 else {
                print("usage: coord-bench selection DATA FOLDER | selection --manifests N")
                return
            }
            try judge(options.words[1], folder: options.words[2], tells: options.has("misses"))
        } catch { print("error: \(error)") }
    }

    // MARK: How well

    private struct Sums {
        var tasks = 0
        var right = 0
        var found = 0
        var chosen = 0
        var first = 0
        var foundInThree = 0
        var tokens = 0
    }

    private static func judge(_ data: String, folder: String, tells: Bool) throws {
        let shelf = Catalog(locations: CatalogLocations(project: nil, userFolder: nil, shipped: folder))
            .skillShelf()
        let skills = shelf.sorted.map(\.skill)
        let selection = SkillSelection(SkillIndex(skills))
        var sums: [String: Sums] = [:]
        for row in try JSONParser.parse(try Files.readText(data))["tasks"]?.arrayValue ?? [] {
            guard let part = row["part"]?.stringValue, let text = row["task"]?.stringValue else { continue }
            let right = Set((row["skills"]?.arrayValue ?? []).compactMap(\.stringValue))
            let chosen = selection.choose(SkillRequest(text: text)).skills.map(\.id.rawValue)
            var sum = sums[part] ?? Sums()
            sum.tasks += 1
            sum.right += right.count
            sum.found += right.intersection(chosen).count
            sum.foundInThree += right.intersection(chosen.prefix(3)).count
            sum.chosen += chosen.count
            sum.first += chosen.first.map { right.contains($0) } ?? false ? 1 : 0
            sum.tokens += SkillTools.tokens(offering: chosen.compactMap { shelf[SkillID($0)] })
            sums[part] = sum
            if tells, !right.isSubset(of: chosen) || !(chosen.first.map { right.contains($0) } ?? false) {
                print("[\(part)] \(text)\n    right \(right.sorted()) chosen \(chosen)")
            }
        }
        let all = SkillTools.tokens(offering: skills)
        Bench.report(
            [
                ("bench", "selection"), ("pool", .integer(Int64(skills.count))),
                ("tokensOfAll", .integer(Int64(all))),
            ]
                + sums.sorted { $0.key < $1.key }.map { ($0.key, document($0.value, all)) })
    }

    private static func document(_ sum: Sums, _ all: Int) -> JSONValue {
        func share(_ part: Int, _ whole: Int) -> JSONValue { .number(Double(part) / Double(max(1, whole))) }
        return [
            "tasks": .integer(Int64(sum.tasks)), "recallAt8": share(sum.found, sum.right),
            "recallAt3": share(sum.foundInThree, sum.right), "precision": share(sum.found, sum.chosen),
            "precisionAt1": share(sum.first, sum.tasks), "chosen": share(sum.chosen, sum.tasks),
            "tokens": share(sum.tokens, sum.tasks),
            "tokensSaved": .number(1 - Double(sum.tokens) / Double(max(1, sum.tasks * all))),
        ]
    }

    // MARK: How fast

    private static func time(_ count: Int) throws {
        let folder = try Files.temporaryFolder(prefix: "coord-bench-")
        // The system clears what stays behind.
        defer { try? Files.removeTree(folder) }
        for number in 0..<count { try write(number, in: folder) }
        let catalog = Catalog(locations: CatalogLocations(project: nil, userFolder: nil, shipped: folder))
        let clock = ContinuousClock()
        var shelf = SkillShelf()
        let load = clock.measure { shelf = catalog.skillShelf() }
        var index = SkillIndex([])
        let indexing = clock.measure { index = SkillIndex(shelf.sorted.map(\.skill)) }
        let again = clock.measure { _ = shelf.reload() }
        let selection = SkillSelection(index)
        var samples: [Double] = []
        for number in 0..<500 {
            let request = SkillRequest(
                text: verbs[number % verbs.count] + " the " + nouns[number * 7 % nouns.count] + " of the "
                    + nouns[number * 13 % nouns.count])
            let taken = clock.measure { _ = selection.choose(request) }
            samples.append(microseconds(taken))
        }
        samples.sort()
        Bench.report([
            ("bench", "selection"), ("manifests", .integer(Int64(count))),
            ("loadMilliseconds", .number(microseconds(load) / 1000)),
            ("indexMilliseconds", .number(microseconds(indexing) / 1000)),
            ("reloadMilliseconds", .number(microseconds(again) / 1000)),
            ("selectionMicroseconds", .number(samples[samples.count / 2])),
            ("selectionMicroseconds99", .number(samples[samples.count * 99 / 100])),
        ])
    }

    private static let verbs = ["check", "write", "find", "migrate", "deploy", "measure", "rename", "review"]
    private static let nouns = [
        "invoice", "parser", "queue", "schema", "button", "token", "certificate", "log", "report", "cache",
        "customer", "session", "worker", "branch", "layout", "index", "archive", "header", "kernel", "socket",
    ]

    private static func write(_ number: Int, in folder: String) throws {
        let verb = verbs[number % verbs.count]
        let noun = nouns[number / verbs.count % nouns.count]
        let other = nouns[number / 160 % nouns.count]
        let examples = (0..<5).map { #""\#(verb) the \#(noun) of \#(other) in way \#(number) \#($0)""# }
        let text = #"""
            { "id": "s\#(number)",
              "description": "Helps to \#(verb) every \#(noun) that a \#(other) has, number \#(number).",
              "tags": ["\#(noun)", "\#(other)"], "triggerExamples": [\#(examples.joined(separator: ", "))],
              "parameters": { "type": "object", "properties": {
                "name": { "type": "string", "minLength": 1 } } },
              "handler": { "command": ["echo", "--", "{{name}}"] } }
            """#
        let place = folder + "/skills/c\(number % 40)"
        try Files.makeFolder(place)
        try Files.write(Array(text.utf8), to: place + "/s\(number).skill.json")
    }

    private static func microseconds(_ duration: Duration) -> Double {
        let parts = duration.components
        return Double(parts.seconds) * 1e6 + Double(parts.attoseconds) / 1e12
    }
}
