import CoordCatalog
import CoordCore
import CoordJSON
import CoordModel
import CoordRuntime
import CoordSystem

/// `coord prices`: what models cost, as facts with a date.
enum PricesCommand {
    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let list = try prices()
        if context.wantsJSON {
            context.answer(PriceFile.document(list))
            return .done
        }
        var table = TextTable(
            [
                .left("MODEL"), .right("IN"), .right("OUT"), .right("TO CACHE"), .right("FROM CACHE"),
                .left(""),
            ],
            rows: list.entries.count)
        for (name, entry) in list.entries.sorted(by: { $0.key < $1.key }) {
            add(name, entry.price, "", to: &table)
            if let threshold = entry.threshold, let above = entry.above {
                add("", above, "above \(Wording.count(threshold)) tokens of input", to: &table)
            }
        }
        table.write(to: context.output, columns: context.columns, style: context.style)
        context.output.line("dollars for a million tokens; \(list.date), from \(list.source)")
        return .done
    }

    private static func add(
        _ name: String, _ price: PriceList.Price, _ remark: String, to table: inout TextTable
    ) {
        table.append(name)
        for amount in [price.input, price.output, price.cacheWrite, price.cacheRead] {
            table.append(Money(microDollars: amount).decimal)
        }
        table.append(remark)
    }

    /// Takes the prices of a file over into the user's own.
    static func update(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        guard let folder = CatalogLocations.userFolder else {
            throw CommandFailure(.notReachable, "you have no home folder to keep prices in")
        }
        let file = context.path(context.arguments.words[0])
        let target = folder + "/" + PriceFile.userName
        let list: PriceList
        do throws(PriceFile.Problem) { list = try PriceFile.read(file) } catch {
            throw CommandFailure(.wrongInput, error.description)
        }
        do throws(SystemError) {
            try Files.makeFolder(folder, permissions: 0o700)
            try Files.writeAtomically(
                Array((PriceFile.document(list).prettyText + "\n").utf8), to: target, step: .priceList)
        } catch { throw CommandFailure(error) }
        if context.wantsJSON {
            context.answer([
                "schema": "coord.receipt/1", "path": .string(target), "models": .count(list.entries.count),
            ])
        } else {
            context.output.line("\(list.entries.count) models of \(list.date) are kept in \(target)")
        }
        return .done
    }

    private static func prices() throws(CommandFailure) -> PriceList {
        do throws(PriceFile.Problem) {
            return try PriceFile.standard(
                userFolder: CatalogLocations.userFolder, shipped: ShippedFiles.folder())
        } catch { throw CommandFailure(.wrongInput, error.description) }
    }
}
