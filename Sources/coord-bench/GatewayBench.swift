import CoordHTTP
import CoordJSON
import CoordModel
import CoordProcess
import CoordScriptedModel
import CoordSystem
import CoordWire

/// P11: what the gateway adds to a request, one at a time and with many streams at once, with everything
/// granted; and its processor time for what passes.
enum GatewayBench {
    static func run(_ options: Options) {
        do { try Trial(options).run() } catch { print("error: \(error)") }
    }

    private final class Trial {
        private let loop: EventLoop
        private let requests: Int
        private let streams: Int
        private var client: HTTPClient?
        private var box: Mailbox<HTTPClient.Event>?
        private var orders: LineChannel?
        private var address = ""
        /// When each request under way was sent, and what to do at its end.
        private var begun: [HTTPTransfer: Int64] = [:]
        private var samples: [Int64] = []
        private var bytes = 0
        private var failures = 0
        private var wanted = 0
        private var left = 0

        init(_ options: Options) throws {
            loop = try EventLoop()
            requests = options.integer("requests", 400)
            streams = options.integer("streams", 64)
        }

        func run() throws {
            let small = try ScriptedProvider()
            let large = try ScriptedProvider(pieces: 4000)
            let folder = try Files.temporaryFolder(prefix: "coord-bench-")
            // What cannot be removed is the next cleaning's.
            defer { try? Files.removeTree(folder) }
            let box = try Mailbox<HTTPClient.Event>(loop: loop) { [unowned self] in hear($0) }
            self.box = box
            client = try HTTPClient { box.post($0) }
            let gateway = try start(folder, [("small", small.address), ("large", large.address)])
            _ = latencies(small.address, 50)
            _ = latencies(address + "/small", 50)
            var (direct, through): ([Int64], [Int64]) = ([], [])
            // By turns, so that what else the machine does falls on both.
            for _ in 0..<10 {
                direct += latencies(small.address, requests / 10)
                through += latencies(address + "/small", requests / 10)
            }
            direct.sort()
            through.sort()
            let before = Self.ticks(gateway.pid)
            let start = loop.nanoseconds
            (bytes, samples) = (0, [])
            go(address + "/large", count: requests, atOnce: streams)
            let seconds = Double(loop.nanoseconds - start) / 1e9
            let processor = Double(Self.ticks(gateway.pid) - before) / 100
            let megabytes = Double(bytes) / 1e6
            gateway.killTree()
            client?.stop()
            Bench.report([
                ("n", .integer(Int64(requests))), ("failures", .integer(Int64(failures))),
                ("direct_p50_ms", .number(Self.milliseconds(direct, 50))),
                ("direct_p99_ms", .number(Self.milliseconds(direct, 99))),
                ("gateway_p50_ms", .number(Self.milliseconds(through, 50))),
                ("gateway_p99_ms", .number(Self.milliseconds(through, 99))),
                ("streams", .integer(Int64(streams))), ("mb_per_s", .number(megabytes / seconds)),
                ("cpu_s_per_mb", .number(processor / megabytes)),
            ])
        }

        /// Starts the gateway and grants everything it asks for.
        private func start(_ folder: String, _ providers: [(String, String)]) throws -> ChildProcess {
            let members = providers.map { ($0.0, JSONValue.object(JSONObject([("base", .string($0.1))]))) }
            let file: JSONValue = ["providers": .object(JSONObject(members))]
            try Files.write(file.serialized(), to: folder + "/gateway.json")
            let down = try Descriptors.makePipe()
            let up = try Descriptors.makePipe()
            let child = try ChildProcess.spawn(
                SpawnRequest(
                    executable: Files.parent(Executables.own()) + "/coord-gateway",
                    arguments: ["--configuration", folder + "/gateway.json"], environment: [:],
                    descriptors: [(0, down.read), (1, up.write), (2, 2)], session: false))
            Descriptors.close(down.read)
            Descriptors.close(up.write)
            let orders = try LineChannel(loop: loop, read: up.read, write: down.write)
            self.orders = orders
            orders.onLine = { [unowned self] line in
                // A line that is no report stops the bench by its silence.
                guard let said = try? GatewayReport.decode(line) else { return }
                switch said {
                case .ready(let port, _):
                    address = "http://127.0.0.1:\(port)/w/secret"
                    loop.stop()
                case .asked(let call): orders.send { GatewayOrder.grant(call.id).write(to: &$0) }
                case .settled, .withdrawn: break
                }
            }
            orders.send { GatewayOrder.admit(worker: "w", secret: "secret").write(to: &$0) }
            loop.run()
            return child
        }

        private func latencies(_ address: String, _ count: Int) -> [Int64] {
            samples = []
            go(address, count: count, atOnce: 1)
            return samples
        }

        private func go(_ address: String, count: Int, atOnce: Int) {
            target = address
            (wanted, left) = (count, count)
            for _ in 0..<min(atOnce, count) { send() }
            loop.run()
        }

        private var target = ""

        private func send() {
            guard wanted > 0, let client else { return }
            wanted -= 1
            let body = Array(#"{"model":"test-model","stream":true,"max_tokens":64,"messages":[]}"#.utf8)
            let now = loop.nanoseconds
            let transfer = client.send(.init(address: target + "/v1/messages", headers: [], body: body))
            begun[transfer] = now
        }

        private func hear(_ event: HTTPClient.Event) {
            switch event {
            case .began(_, let head): if head.status != 200 { failures += 1 }
            case .received(_, let piece): bytes += piece.count
            case .ended(let transfer): end(transfer)
            case .failed(let transfer, _):
                failures += 1
                end(transfer)
            }
        }

        private func end(_ transfer: HTTPTransfer) {
            if let begin = begun.removeValue(forKey: transfer) { samples.append(loop.nanoseconds - begin) }
            left -= 1
            if left == 0 { loop.stop() } else { send() }
        }

        private static func milliseconds(_ sorted: [Int64], _ percent: Int) -> Double {
            Double(sorted[min(sorted.count - 1, sorted.count * percent / 100)]) / 1e6
        }

        /// Hundredths of a second on a processor, all threads.
        private static func ticks(_ pid: Int32) -> Int64 {
            guard let text = try? Files.readText("/proc/\(pid)/stat"),
                let end = text.lastIndex(of: ")")
            else { return 0 }
            let fields = text[text.index(after: end)...].split(separator: " ")
            return (Int64(fields[11]) ?? 0) + (Int64(fields[12]) ?? 0)
        }
    }
}
