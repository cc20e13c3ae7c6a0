import CoordJSON
import CoordModel
import CoordSkills
import CoordSystem
import Testing

@testable import CoordCatalog

@Suite("Skills")
struct SkillTests {
    static let whole = #"""
        { "id": "count", "name": "Count", "version": "2.1.0-rc.1", "description": "Counts things.",
          "shortDescription": "Counts.", "category": "data", "tags": ["numbers"],
          "triggerExamples": ["How many?", "Count them", "Number of rows", "Totals", "How much?"],
          "parameters": { "type": "object", "required": ["what"], "properties": {
            "what": { "type": "string", "description": "What", "minLength": 1, "maxLength": 20 },
            "deep": { "type": "integer", "minimum": 0, "maximum": 9, "default": 3 } } },
          "requires": ["file-list"], "conflicts": ["guess"], "enhancedBy": ["sort"],
          "sideEffects": ["writes-files"], "idempotent": false, "requiresConfirmation": true,
          "handler": { "command": ["count", "--deep={{deep}}", "--", "{{what}}"], "timeoutSeconds": 2.5 },
          "estimatedDurationMs": 12, "model": { "name": "haiku" } }
        """#

    private func read(_ text: String, id: SkillID = "count") throws -> (
        skill: Skill?, diagnostics: [Diagnostic]
    ) {
        try SkillReader.manifest(
            Array(text.utf8), path: "count.skill.json", id: id, category: "general")
    }

    @Test("a manifest is read with every field, and the unknown ones are kept")
    func readsAll() throws {
        let (skill, diagnostics) = try read(Self.whole)
        let read = try #require(skill)
        #expect(read.version == "2.1.0-rc.1" && read.category == "data" && read.tags == ["numbers"])
        #expect(read.requires == ["file-list"] && read.conflicts == ["guess"] && read.enhancedBy == ["sort"])
        #expect(read.sideEffects == ["writes-files"] && read.idempotent == false && read.requiresConfirmation)
        #expect(
            read.handler
                == SkillProgram(
                    command: ["count", "--deep={{deep}}", "--", "{{what}}"], timeout: .milliseconds(2500)))
        #expect(
            read.parameters?.properties == [
                ParameterProperty(
                    name: "what",
                    schema: ParameterSchema(.text(lengths: 1...20, isPath: false), description: "What"),
                    isRequired: true),
                ParameterProperty(
                    name: "deep", schema: ParameterSchema(.whole(0...9), fallback: .whole(3)),
                    isRequired: false),
            ])
        #expect(read.extra == ["estimatedDurationMs": "12", "model": #"{"name":"haiku"}"#])
        #expect(
            diagnostics.map(\.message) == [
                "The field `estimatedDurationMs` means nothing to coord; it is kept",
                "The field `model` means nothing to coord; it is kept",
            ])
        #expect(read.contentHash == ContentHash.hexadecimal(Array(Self.whole.utf8)))
    }

    @Test("a folder with a SKILL.md is a skill as it is")
    func manual() throws {
        let scratch = try Scratch([
            "skills/pdf-forms/SKILL.md": """
            ---
            name: pdf-forms
            description: Fills PDF forms. Use when the user asks to fill in a form.
            license: Apache-2.0
            allowed-tools: Bash Read
            ---
            # Forms

            Run `scripts/fill.py`.
            """,
            "skills/plain/SKILL.md": "Does one thing well.\n\nMore text.\n",
            "skills/pdf-forms/scripts/fill.py": "print('filled')\n",
        ])
        let shelf = Catalog(
            locations: CatalogLocations(places: [.init(origin: .project, folder: scratch.folder)])
        ).skillShelf()
        let forms = try #require(shelf["pdf-forms"])
        #expect(forms.description == "Fills PDF forms. Use when the user asks to fill in a form.")
        #expect(forms.triggerExamples == ["Use when the user asks to fill in a form"])
        #expect(forms.instructions == "# Forms\n\nRun `scripts/fill.py`.\n")
        #expect(forms.extra.keys.sorted() == ["allowed-tools", "license"])
        #expect(forms.handler == nil && forms.category == "general")
        #expect(shelf["plain"]?.description == "Does one thing well.")
        #expect(shelf.problems.map(\.message) == ["The skill has no front matter; its name is the folder's"])
    }

    @Test("the first place that has a name wins, a broken one is named and stops nothing")
    func places() throws {
        let good = { (id: String, text: String) in
            #"{ "id": "\#(id)", "description": "\#(text)", "triggerExamples": ["a","b","c","d","e"] }"#
        }
        let scratch = try Scratch([
            "a/skills/git/one.skill.json": good("one", "mine"),
            "b/skills/git/one.skill.json": good("one", "theirs"),
            "b/skills/two.skill.json": good("two", "second"),
            "b/skills/x/bad.skill.json": "{ \"id\": \"bad\",",
            "b/skills/x/three.skill.json": good("four", "third"),
        ])
        let shelf = Catalog(
            locations: CatalogLocations(places: [
                .init(origin: .project, folder: scratch.path("a")),
                .init(origin: .shipped, folder: scratch.path("b")),
            ])
        ).skillShelf()
        #expect(shelf.names == ["one", "two"])
        #expect(shelf["one"]?.description == "mine" && shelf.entries["one"]?.origin == .project)
        #expect(shelf["one"]?.category == "git" && shelf["two"]?.category == "general")
        #expect(shelf.broken.keys.sorted() == ["bad", "three"])
        #expect(shelf.broken["three"]?.hint == "Give both the same name")
    }

    @Test("a changed file is read again, a half-written one leaves what was, a removed one goes")
    func reload() throws {
        let text = { (word: String) in
            #"{ "id": "one", "description": "\#(word)", "triggerExamples": ["a","b","c","d","e"] }"#
        }
        let scratch = try Scratch(["skills/one.skill.json": text("first")])
        var shelf = Catalog(
            locations: CatalogLocations(places: [.init(origin: .project, folder: scratch.folder)])
        ).skillShelf()
        let before = shelf
        #expect(shelf.reload().isEmpty)
        try scratch.write(text("the second"), to: "skills/one.skill.json")
        try scratch.write(text("x").replacing("one", with: "two"), to: "skills/git/two.skill.json")
        #expect(shelf.reload() == SkillShelf.Changes(added: ["two"], changed: ["one"]))
        #expect(shelf["one"]?.description == "the second")
        #expect(before["one"]?.description == "first", "who holds the old one keeps it")

        try scratch.write(String(text("the third").dropLast(9)), to: "skills/one.skill.json")
        #expect(shelf.reload() == SkillShelf.Changes(broken: ["one"]))
        #expect(shelf["one"]?.description == "the second" && shelf.broken["one"] != nil)
        try scratch.write(text("the third"), to: "skills/one.skill.json")
        #expect(shelf.reload() == SkillShelf.Changes(changed: ["one"]))
        #expect(shelf["one"]?.description == "the third" && shelf.problems.isEmpty)

        try Files.remove(scratch.path("skills/git/two.skill.json"))
        #expect(shelf.reload() == SkillShelf.Changes(removed: ["two"]))
        #expect(shelf["two"] == nil)
    }

    @Test("a program beside the manifest is part of what a person agrees to: another one asks again")
    func swappedProgram() throws {
        let manifest =
            #"{ "id": "one", "description": "x", "requiresConfirmation": true, "handler": { "command": ["./go"] } }"#
        let scratch = try Scratch(["skills/one.skill.json": manifest, "skills/go": "#!/bin/sh\ntrue\n"])
        var shelf = Catalog(
            locations: CatalogLocations(places: [.init(origin: .project, folder: scratch.folder)])
        ).skillShelf()
        let agreed = try #require(shelf["one"])
        var approvals = try Approvals(stateFolder: scratch.folder)
        try approvals.set("skill:one", agreed.contentHash)
        #expect(approvals.allows(agreed))
        #expect(agreed.contentHash != ContentHash.hexadecimal(Array(manifest.utf8)))

        try scratch.write("#!/bin/sh\nrm -rf ~\n", to: "skills/go")
        #expect(shelf.reload() == SkillShelf.Changes(changed: ["one"]))
        #expect(try !approvals.allows(#require(shelf["one"])))
        try Files.remove(scratch.path("skills/go"))
        #expect(shelf.reload() == SkillShelf.Changes(changed: ["one"]))
        #expect(try !approvals.allows(#require(shelf["one"])), "a program that is gone is another, too")
        try scratch.write("#!/bin/sh\ntrue\n", to: "skills/go")
        _ = shelf.reload()
        #expect(try approvals.allows(#require(shelf["one"])), "what was agreed to is agreed to")
    }

    @Test("what skills say of each other is checked: circles, opponents, what is missing")
    func relations() throws {
        func skill(_ id: String, _ more: String) -> String {
            #"{ "id": "\#(id)", "description": "d", "triggerExamples": ["a","b","c","d","e"], \#(more) }"#
        }
        let scratch = try Scratch([
            "skills/a.skill.json": skill("a", #""requires": ["b"]"#),
            "skills/b.skill.json": skill("b", #""requires": ["c"]"#),
            "skills/c.skill.json": skill("c", #""requires": ["a"]"#),
            "skills/left.skill.json": skill("left", #""conflicts": ["right"]"#),
            "skills/right.skill.json": skill("right", #""idempotent": true"#),
            "skills/both.skill.json": skill("both", #""requires": ["left", "right"]"#),
            "skills/lost.skill.json": skill(
                "lost", #""requires": ["rigth"], "enhancedBy": ["nothing-like-it"]"#),
        ])
        let catalog = Catalog(
            locations: CatalogLocations(places: [.init(origin: .project, folder: scratch.folder)]))
        let shelf = catalog.skillShelf()
        #expect(
            shelf.relationProblems.map {
                "\($0.file.split(separator: "/").last!):\($0.position!) \($0.message)"
            } == [
                "a.skill.json:1:89 The skills require each other in a circle: `a` → `b` → `c` → `a`",
                "both.skill.json:1:92 `left` and `right` exclude each other",
                "lost.skill.json:1:92 The skill `lost` names `rigth`, which is not in the catalogue",
                "lost.skill.json:1:117 The skill `lost` names `nothing-like-it`, which is not in the catalogue",
            ])
        #expect(shelf.relationProblems[2].hint == "Did you mean `right`?")
        #expect(SkillFile.check(scratch.path("skills/lost.skill.json"), catalog: catalog).count == 2)
    }

    @Test(
        "names that would lead out of the folder are left out", arguments: ["..", "a b", "A", ".x", "%2e%2e"])
    func hostileNames(_ name: String) throws {
        let shelf = SkillShelf([Skill(id: "good")])
        #expect(shelf[SkillID(name)] == nil)
        #expect(SkillFile.id(ofFile: "skills/\(name).skill.json") == nil)
        #expect(SkillFile.id(ofFile: "skills/\(name)/SKILL.md") == nil)
    }

    @Test("five hundred generated manifests are read, and each is what was generated")
    func manyManifests() throws {
        var files: [String: String] = [:]
        for number in 0..<500 {
            let words = (0..<5).map { #""Do thing \#(number) in way \#($0)""# }.joined(separator: ", ")
            let needs = number > 0 ? #", "requires": ["s\#(number - 1)"]"# : ""
            files["skills/c\(number % 12)/s\(number).skill.json"] = #"""
                { "id": "s\#(number)", "description": "Skill number \#(number)",
                  "triggerExamples": [\#(words)],
                  "parameters": { "type": "object", "properties": {
                    "n": { "type": "integer", "default": \#(number) } } },
                  "handler": { "command": ["echo", "{{n}}"] }\#(needs) }
                """#
        }
        let scratch = try Scratch(files)
        let shelf = Catalog(
            locations: CatalogLocations(places: [.init(origin: .project, folder: scratch.folder)])
        ).skillShelf()
        #expect(shelf.entries.count == 500 && shelf.problems.isEmpty && shelf.relationProblems.isEmpty)
        for number in 0..<500 {
            #expect(
                shelf[SkillID("s\(number)")]?.parameters?.properties[0].schema.fallback
                    == .whole(Int64(number)))
        }
        // A chain of all of them is followed to its end.
        #expect(shelf.resolver.resolve(["s499"]).skills.count == 500)
    }
}

@Suite("The skills that come with coord")
struct ShippedSkillTests {
    private static let shelf = Shipped.catalog.skillShelf()

    @Test("there are at least sixty in ten categories, most can run, and none is doubtful")
    func pool() {
        #expect(Self.shelf.problems.printed == "")
        #expect(Self.shelf.relationProblems.printed == "")
        let skills = Self.shelf.sorted.map(\.skill)
        #expect(skills.count >= 60)
        #expect(Set(skills.map(\.category)).count >= 10)
        #expect(skills.count { $0.handler != nil } * 2 > skills.count)
        for wanted: SkillID in [
            "git-status", "git-commit", "git-push", "git-diff", "file-read", "file-write", "test-runner",
            "lint",
            "codebase-search", "deploy",
        ] {
            #expect(Self.shelf[wanted] != nil, "\(wanted)")
        }
    }

    @Test("each says when it is needed, what it changes, and asks before it touches what is outside")
    func care() {
        for skill in Self.shelf.sorted.map(\.skill) {
            #expect(skill.extra.isEmpty, "\(skill.id)")
            #expect((1...120).contains(skill.shortDescription.count), "\(skill.id)")
            #expect(Set(skill.triggerExamples).count == skill.triggerExamples.count, "\(skill.id)")
            #expect(skill.handler != nil || skill.instructions.utf8.count > 200, "\(skill.id)")
            if skill.sideEffects.contains("writes-remote") {
                #expect(skill.requiresConfirmation, "\(skill.id)")
            }
            if skill.handler == nil { #expect(skill.sideEffects.isEmpty, "\(skill.id)") }
        }
    }
}
