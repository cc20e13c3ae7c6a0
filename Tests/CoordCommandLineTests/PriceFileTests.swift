import CoordCommandLine
import CoordCore
import CoordJSON
import CoordRuntime
import CoordSystem
import Testing

@Suite("Price files")
struct PriceFileTests {
    private func read(_ text: String) throws -> PriceList {
        let folder = try Files.temporaryFolder(prefix: "coord-prices-")
        // The folder of a test that failed to go away harms nobody.
        defer { try? Files.removeTree(folder) }
        try Files.write(Array(text.utf8), to: folder + "/prices.json")
        return try PriceFile.read(folder + "/prices.json")
    }

    @Test("both shapes tell how much a model's context holds, and coord's own is read as it is written")
    func windows() throws {
        let own = try read(
            #"{"schema":"coord.prices/1","models":{"a":{"input":1,"output":2,"window":200000},"b":{"input":1,"output":2}}}"#
        )
        #expect(own.entry(of: "a")?.window == 200_000)
        #expect(own.entry(of: "b")?.window == nil)
        #expect(try read(PriceFile.document(own).prettyText).entries == own.entries)
        let published = try read(
            #"{"c":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6,"max_input_tokens":922000}}"#)
        #expect(published.entry(of: "c")?.window == 922_000)
    }

    @Test("a window that is no number of tokens is refused", arguments: ["0", "-1", "\"big\"", "null"])
    func badWindow(value: String) {
        #expect(throws: PriceFile.Problem.self) {
            try read(
                #"{"schema":"coord.prices/1","models":{"a":{"input":1,"output":2,"window":\#(value)}}}"#)
        }
    }

    @Test("every shipped model has a window")
    func shipped() throws {
        let list = try PriceFile.standard(userFolder: nil, shipped: ShippedFiles.folder())
        #expect(list.entries.filter { $0.value.window == nil }.keys.sorted() == [])
    }
}
