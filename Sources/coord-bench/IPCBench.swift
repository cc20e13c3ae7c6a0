import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// P6: messages of about two hundred bytes through coord's own pipe and codec, one way and there and back.
enum IPCBench {
    private static let run: RunID = "bench"

    static func run(_ options: Options) {
        do { try measure(options) } catch { print("error: \(error)") }
    }

    private static func measure(_ options: Options) throws {
        let count = options.integer("messages", 200_000)
        let oneWay = try seconds { try receive(count) }
        let trips = options.integer("trips", 20_000)
        var samples = try pingPong(trips)
        samples.sort()
        Bench.report([
            ("n", .integer(Int64(count))), ("msgs_per_s", .number(Double(count) / oneWay)),
            ("p50_us", .number(samples[samples.count / 2])),
            ("p99_us", .number(samples[samples.count * 99 / 100])),
        ])
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let elapsed = try clock.measure(body)
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }

    private static func spawn(_ loop: EventLoop, _ arguments: [String]) throws -> (LineChannel, ChildProcess)
    {
        let down = try Descriptors.makePipe()
        let up = try Descriptors.makePipe()
        let child = try ChildProcess.spawn(
            SpawnRequest(
                executable: Executables.own(), arguments: ["ipc-child"] + arguments, environment: [:],
                descriptors: [(0, down.read), (1, up.write), (2, 2)], session: false))
        Descriptors.close(down.read)
        Descriptors.close(up.write)
        return (try LineChannel(loop: loop, read: up.read, write: down.write), child)
    }

    /// A child sends as fast as it can, one write a message; every message is parsed into its type.
    private static func receive(_ count: Int) throws {
        let loop = try EventLoop()
        let (channel, child) = try spawn(loop, ["--send", String(count)])
        var received = 0
        channel.onLine = { line in
            do { if try WorkerMessage.decode(line) != nil { received += 1 } } catch {
                print("bad line: \(error)")
            }
            if received == count { loop.stop() }
        }
        channel.onClose = { loop.stop() }
        loop.run()
        channel.close()
        _ = child.wait()
        precondition(received == count, "only \(received) of \(count) messages came")
    }

    private static func pingPong(_ trips: Int) throws -> [Double] {
        let loop = try EventLoop()
        let (channel, child) = try spawn(loop, ["--echo"])
        let clock = ContinuousClock()
        var samples: [Double] = []
        var sentAt = clock.now
        func ping() {
            sentAt = clock.now
            channel.send { message(samples.count).write(run: run, to: &$0) }
        }
        channel.onLine = { line in
            do { _ = try WorkerMessage.decode(line) } catch { print("bad line: \(error)") }
            let elapsed = clock.now - sentAt
            samples.append(Double(elapsed.components.attoseconds) / 1e12)
            if samples.count < trips { ping() } else { loop.stop() }
        }
        ping()
        loop.run()
        channel.close()
        _ = child.wait()
        return samples
    }

    private static func message(_ number: Int) -> WorkerMessage {
        .report(
            Lease(task: "measure-the-pipe", attempt: 1),
            .progress("message \(number): sixty more letters to make it as long as usual ones are"))
    }

    // MARK: - The other side

    static func child(_ options: Options) {
        let count = options.integer("send", 0)
        do {
            if options.has("echo") { try echo() } else { try send(count) }
        } catch { Descriptors.close(1) }
    }

    private static func send(_ count: Int) throws {
        for number in 0..<count {
            var line = message(number).encoded(run: run)
            line.append(0x0A)
            try Descriptors.writeAll(line, to: 1)
        }
    }

    private static func echo() throws {
        let loop = try EventLoop()
        let channel = try LineChannel(loop: loop, read: 0, write: 1)
        channel.onLine = { line in
            do {
                guard let said = try WorkerMessage.decode(line) else { return }
                channel.send { said.message.write(run: run, to: &$0) }
            } catch { loop.stop() }
        }
        channel.onClose = { loop.stop() }
        loop.run()
    }
}
