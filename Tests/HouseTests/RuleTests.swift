import Testing

/// Each rule is shown to find what it is for, and to leave alone what only looks like it.
@Suite("Each rule finds what it is for")
struct RuleTests {
    private func core(_ text: String) -> SwiftText {
        SwiftText(path: "Sources/CoordCore/A.swift", text: text)
    }

    @Test("comments and the content of strings are not code; what is interpolated is")
    func codeOnly() {
        let file = core(
            ##"""
            let a = "print(1)" // print(2)
            let b = "x \(print(3)) y" /* print(4) */
            let c = #"raw " print(5) \(print(6)) \#(print(7))"#
            let d = """
              print(8) "quoted"
              \(print("9"))
              """
            """##)
        #expect(file.code.map { $0.holds(code: "print(") } == [false, true, true, false, false, true, false])
        #expect(!file.code[2].holds(code: "print(5)") && file.code[2].holds(code: "print(7)"))
        #expect(file.hasComment == [true, true, false, false, false, false, false])
    }

    @Test(
        "a banned word is found as a word, with what to do instead",
        arguments: [
            ("let t = Date()", "`Date()` is banned in CoordCore: take `now` as an argument"),
            ("let t = clock.now", "`clock.now` is banned in CoordCore: take `now` as an argument"),
            ("Task   { }", "`Task {` is banned in CoordCore: return an effect and let the shell start it"),
            ("actor A {}", "`actor` is banned in CoordCore: be a value; the shell's loop owns it"),
            ("let n = Int.random(in: 0..<3)", "`.random()` is banned in CoordCore: hold a `SeededGenerator`"),
            ("let factory = TaskSpec(validDate(clock.nowOrNever))", nil),
            ("// Date() is not here, nor \"print(1)\"", nil),
            ("let text = \"await print(x)\"", nil),
        ] as [(String, String?)])
    func bannedWords(line: String, message: String?) {
        #expect(
            Rules.pureFloorsOnlyCompute(core(line))
                == (message.map { ["Sources/CoordCore/A.swift:1: " + $0] } ?? []))
        #expect(Rules.pureFloorsOnlyCompute(SwiftText(path: "Sources/CoordGit/A.swift", text: line)) == [])
    }

    @Test(
        "an import off its floor is found however it is written",
        arguments: [
            "import Foundation", "package import CoordGit", "  @preconcurrency import CoordStore",
            "import struct CoordSystem.Files", "import Glibc",
        ])
    func imports(line: String) {
        #expect(Rules.importsStayOnTheirFloor(core(line)).count == 1)
        #expect(Rules.importsStayOnTheirFloor(core("import CoordModel\n// import Foundation")) == [])
    }

    @Test("a room without a row in the plan is found, and Foundation in any room")
    func roomsWithoutARow() {
        let shed = SwiftText(path: "Sources/CoordShed/A.swift", text: "import FoundationEssentials")
        #expect(Rules.importsStayOnTheirFloor(shed).count == 1)
        #expect(Rules.importsNoFoundation(shed).count == 1)
        let wrong = SwiftText(path: "Sources/CoordRuntime/A.swift", text: "import CSQLite")
        #expect(
            Rules.cModulesHaveTheirOwners(wrong) == [
                "Sources/CoordRuntime/A.swift:1: `CSQLite` is known by CoordStore only"
            ])
    }

    @Test("a silenced error is found, an explained one is not")
    func silencedErrors() {
        #expect(Rules.errorsAreNotSilenced(core("let a = try! f()")).count == 1)
        #expect(Rules.errorsAreNotSilenced(core("do { try f() } catch {}")).count == 1)
        #expect(Rules.errorsAreNotSilenced(core("do {\n    try f()\n} catch {\n}")).count == 1)
        #expect(Rules.errorsAreNotSilenced(core("let a = try? f()")).count == 1)
        #expect(
            Rules.errorsAreNotSilenced(core("// A missing file is an empty one.\nlet a = try? f()")) == [])
        #expect(Rules.errorsAreNotSilenced(core("do { try f() } catch { report(error) }")) == [])
    }

    @Test("a durable call without its step is found, on one line or on several")
    func durableCalls() {
        func git(_ text: String) -> [String] {
            Rules.durableCallsNameTheirStep(SwiftText(path: "Sources/CoordGit/A.swift", text: text))
        }
        #expect(git("try Files.writeAtomically(bytes, to: path)").count == 1)
        #expect(git("try Files.writeAtomically(\n    bytes,\n    to: path)\nf(step: .report)").count == 1)
        #expect(git("try Files.writeAtomically(\n    bytes, to: path,\n    step: .report)") == [])
        #expect(git("unlink(path)").count == 1)
        #expect(
            Rules.durableCallsNameTheirStep(
                SwiftText(path: "Sources/CoordWorker/A.swift", text: "try Files.remove(path)")) == [])
    }

    @Test("a declaration of the package without a sentence is found")
    func documentation() {
        let text = """
            package struct A {
                package init() {}
                /// Adds.
                @inline(__always)
                package func add() {}
                package func addAll() {}

                package static func < (a: A, b: A) -> Bool { true }
                package mutating func take(_ n: Int) {}
            }
            """
        #expect(
            Rules.declarationsOfThePackageAreExplained(core(text)) == [
                "Sources/CoordCore/A.swift:1: `A` needs `///`: one sentence of what it decides or holds",
                "Sources/CoordCore/A.swift:9: `take` needs `///`: one sentence of what it decides or holds",
            ])
    }

    @Test("the length of a function is that of its head and its body")
    func functionLengths() {
        let text = """
            protocol P {
                func bare(a: Int)
                func other()
            }
            func long(
                a: Int, b: () -> Void = { }
            ) -> Int
            where A == B {
                if a { return 1 }
                return 2
            }
            func short() -> Int { 3 }
            init?(text: String) {
                self = 1
            }
            """
        let found = core(text).declarations.filter { $0.kind == .function }.map {
            "\($0.name) \($0.lineCount)"
        }
        #expect(found == ["bare 1", "other 1", "long 7", "short 1", "init 3"])
        let body = String(repeating: "    step()\n", count: 69)
        #expect(Rules.nothingIsTooLongToRead(core("func f() {\n\(body)}\n")).count == 1)
        #expect(Rules.nothingIsTooLongToRead(core(String(repeating: "// a\n", count: 401))).count == 1)
        #expect(Rules.linesFitThePage(core(String(repeating: "é", count: 110))) == [])
        #expect(Rules.linesFitThePage(core(String(repeating: "a", count: 111))).count == 1)
        #expect(Rules.linesFitThePage(core("// " + String(repeating: "a", count: 111))).count == 1)
        #expect(Rules.linesFitThePage(core("let a = \"" + String(repeating: "a", count: 111) + "\"")) == [])
    }

    @Test("a vague name, a nameless plan and a sleeping test are found")
    func theRest() {
        #expect(Rules.typesHaveNames(core("final class TaskManager {}")).count == 1)
        #expect(Rules.typesHaveNames(core("struct Managers {}")) == [])
        #expect(Rules.openWorkNamesItsIssue(core("// TODO: later")).count == 1)
        #expect(Rules.openWorkNamesItsIssue(core("// TODO: issue 7, later\nlet todo = \"TODO\"")) == [])
        #expect(Rules.testsDoNotSleep(core("try await Task.sleep(for: .seconds(1))")).count == 1)
        #expect(
            Rules.theMindHasOneOwner(
                SwiftText(path: "Sources/CoordGit/A.swift", text: "var m: CoordinatorStateMachine")
            ).count == 1)
    }
}
