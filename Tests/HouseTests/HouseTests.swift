import CoordSystem
import Testing

@Suite("The rules of the house")
struct HouseTests {
    @Test("a room imports only what its floor may")
    func imports() {
        expectNothing(Rules.importsStayOnTheirFloor, in: SourceTree.sources)
        expectNothing(Rules.importsNoFoundation, in: SourceTree.sources)
    }

    @Test("each C module is known by its owner only")
    func cModules() { expectNothing(Rules.cModulesHaveTheirOwners, in: SourceTree.sources) }

    @Test("the pure floors only compute")
    func purity() { expectNothing(Rules.pureFloorsOnlyCompute, in: SourceTree.sources) }

    @Test("one loop holds the coordinator's mind")
    func mind() { expectNothing(Rules.theMindHasOneOwner, in: SourceTree.sources) }

    @Test("no error is silenced without a reason")
    func errors() { expectNothing(Rules.errorsAreNotSilenced, in: SourceTree.sources) }

    @Test("every type and function of the package says what it is for")
    func documentation() { expectNothing(Rules.declarationsOfThePackageAreExplained, in: SourceTree.sources) }

    @Test("functions, files and lines fit a page")
    func lengths() {
        expectNothing(Rules.nothingIsTooLongToRead, in: SourceTree.sources)
        expectNothing(Rules.linesFitThePage, in: SourceTree.sources)
        expectNothing(Rules.linesFitThePage, in: SourceTree.tests)
    }

    @Test("types have names of their own")
    func names() { expectNothing(Rules.typesHaveNames, in: SourceTree.sources) }

    @Test("open work names its issue")
    func openWork() {
        expectNothing(Rules.openWorkNamesItsIssue, in: SourceTree.sources + SourceTree.tests)
    }

    @Test("no test sleeps")
    func waiting() { expectNothing(Rules.testsDoNotSleep, in: SourceTree.tests) }

    @Test("what outlives a crash names its durable step, and each step is somewhere")
    func durableSteps() {
        expectNothing(Rules.durableCallsNameTheirStep, in: SourceTree.sources)
        let home = "Sources/CoordSystem/DurableStep.swift"
        let others = SourceTree.sources.filter { $0.path != home }.flatMap(\.code)
        for step in DurableStep.allCases {
            #expect(others.contains { $0.holds(code: ".\(step)") }, "no call names the step `\(step)`")
        }
    }

    @Test("the rules have no exception that nobody needs")
    func exceptions() {
        let paths = Set(SourceTree.sources.map(\.path))
        #expect(House.systemWhenPure.keys.filter { !paths.contains($0) } == [])
        #expect(House.explainedByTheirProtocol.keys.filter { !paths.contains($0) } == [])
        for (key, reason) in House.longer.sorted(by: { $0.key < $1.key }) {
            let parts = key.split(separator: " ", maxSplits: 1).map(String.init)
            let file = SourceTree.sources.first { $0.path == parts[0] }
            let length =
                parts.count == 1
                ? file?.lines.count
                : file?.declarations.filter { $0.name == parts[1] }.map(\.lineCount).max()
            let limit = parts.count == 1 ? House.fileLinesMax : House.functionLinesMax
            #expect(length ?? 0 > limit, "`\(key)` is short enough by now")
            #expect(!reason.isEmpty)
        }
    }

    /// One issue a finding, so that each can be read.
    private func expectNothing(
        _ rule: (SwiftText) -> [String], in files: [SwiftText],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(!files.isEmpty, "no files were found to judge", sourceLocation: sourceLocation)
        for finding in files.flatMap(rule) {
            Issue.record(Comment(rawValue: finding), sourceLocation: sourceLocation)
        }
    }
}
