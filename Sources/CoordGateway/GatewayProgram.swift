import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// The program `coord-gateway`: a gateway whose orders come in on standard input and whose reports go out on
/// standard output. The end of its input ends it.
package enum GatewayProgram {
    /// Runs to the end; the exit status.
    ///
    /// - Parameter arguments: with the program's name: `--port N`, `--configuration FILE`, `--mark WORD`; or
    ///   `--carry` for the calls of coord's own agent, with `--within SECONDS` when it may live only so long.
    ///   With `--accounts` before them it says for which providers it holds a key, and ends.
    package static func run(_ arguments: [String]) -> Int32 {
        do {
            if arguments.dropFirst().first == "--carry" {
                return try CallCarrier.run(within: try limit(arguments.dropFirst(2)))
            }
            if arguments.dropFirst().first == "--accounts" {
                let options = try options(Array(arguments.dropFirst()))
                try tellAccounts(try GatewayConfiguration.read(options.configuration))
                return 0
            }
            let options = try options(arguments)
            let loop = try EventLoop()
            let channel = try LineChannel(loop: loop, read: 0, write: 1, writeLimitBytes: 64 << 20)
            let configuration = try GatewayConfiguration.read(options.configuration)
            let gateway = Gateway(
                loop: loop, clock: RuntimeClock(), configuration: configuration, mark: options.mark
            ) { report in
                channel.send { report.write(to: &$0) }
            }
            channel.onLine = { line in
                // A line that is no order is nobody's; the coordinator sees that nothing comes of it.
                if let order = try? GatewayOrder.decode(line) { gateway.obey(order) }
            }
            channel.onClose = { loop.stop() }
            try gateway.start(port: options.port)
            loop.run()
            gateway.stop()
            return 0
        } catch {
            // Nobody is left to tell when this cannot be said.
            try? Descriptors.writeAll(Array("coord-gateway: \(error)\n".utf8), to: 2, path: "standard error")
            return 1
        }
    }

    /// How long a carrier may live. Nil: as long as its input.
    private static func limit(_ words: ArraySlice<String>) throws -> Duration? {
        guard let first = words.first else { return nil }
        guard first == "--within", words.count == 2, let seconds = words.last.flatMap({ Int64($0) }),
            (1...86_400).contains(seconds)
        else { throw UnknownArgument(word: words.joined(separator: " ")) }
        return .seconds(seconds)
    }

    private static func tellAccounts(_ configuration: GatewayConfiguration) throws {
        let accounts: [JSONValue] = configuration.providers.map { provider in
            [
                "provider": .string(provider.name), "wantsKey": .bool(provider.wantsKey),
                "hasKey": .bool(provider.key() != nil),
            ]
        }
        let answer: JSONValue = ["accounts": .array(accounts)]
        try Descriptors.writeAll(answer.serialized() + [0x0A], to: 1, path: "standard output")
    }

    private struct Options {
        var port = 0
        var configuration = ""
        var mark = "g"
    }

    private struct UnknownArgument: Error, CustomStringConvertible {
        var word: String
        var description: String { "unknown argument `\(word)`; it is started by `coord run`" }
    }

    private static func options(_ arguments: [String]) throws -> Options {
        var options = Options()
        var words = arguments.dropFirst()
        while let word = words.popFirst() {
            guard let value = words.popFirst() else { throw UnknownArgument(word: word) }
            switch word {
            case "--port":
                guard let port = Int(value), (0...65_535).contains(port) else {
                    throw UnknownArgument(word: value)
                }
                options.port = port
            case "--configuration": options.configuration = value
            case "--mark": options.mark = value
            default: throw UnknownArgument(word: word)
            }
        }
        return options
    }
}
