import CoordModel
import CoordProcess
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Line channel")
struct LineChannelTests {
    /// Two channels that speak to each other within one loop.
    private final class Pair {
        let loop: EventLoop
        let left: LineChannel
        let right: LineChannel

        init(lineLimitBytes: Int = 1 << 20, writeLimitBytes: Int = 4 << 20) throws {
            loop = try EventLoop()
            let there = try Descriptors.makePipe()
            let back = try Descriptors.makePipe()
            left = try LineChannel(
                loop: loop, read: back.read, write: there.write, lineLimitBytes: lineLimitBytes,
                writeLimitBytes: writeLimitBytes)
            right = try LineChannel(
                loop: loop, read: there.read, write: back.write, lineLimitBytes: lineLimitBytes,
                writeLimitBytes: writeLimitBytes)
            loop.alarm = { [unowned loop] in
                Issue.record("the loop waited too long")
                loop.stop()
            }
            loop.setAlarm(after: .seconds(10))
        }
    }

    @Test("lines go both ways, in order, and the end is told after the last of them")
    func echo() throws {
        let pair = try Pair()
        var answers: [String] = []
        pair.right.onLine = { [right = pair.right] in right.send(line: $0) }
        pair.right.onClose = { [right = pair.right] in right.finishWriting() }
        pair.left.onLine = { answers.append(String(decoding: $0, as: UTF8.self)) }
        pair.left.onClose = {
            answers.append("closed")
            pair.loop.stop()
        }
        for text in ["one", "", "three"] { pair.left.send(line: Array(text.utf8)) }
        pair.left.finishWriting()
        #expect(!pair.left.send(line: Array("late".utf8)))
        pair.loop.run()
        #expect(answers == ["one", "", "three", "closed"])
    }

    @Test("a channel that is flooded gives the others their turn after 64 KiB")
    func share() throws {
        let loop = try EventLoop()
        let flood = try Descriptors.makePipe()
        let quiet = try Descriptors.makePipe()
        // `yes` has filled the pipe before anything is read, and fills it again as fast as it is emptied.
        let yes = try ChildProcess.spawn(
            SpawnRequest(
                executable: "/usr/bin/yes", arguments: [String(repeating: "y", count: 63)], environment: [:],
                descriptors: [(1, flood.write)], session: true))
        Descriptors.close(flood.write)
        let loud = try LineChannel(loop: loop, read: flood.read, write: -1)
        let calm = try LineChannel(loop: loop, read: quiet.read, write: -1)
        var bytes = 0
        var before: [Int] = []
        loud.onLine = { line in
            bytes += line.count + 1
            guard bytes == 640 || bytes.isMultiple(of: 1 << 20) else { return }
            // Said in the middle of the flood, and counted until it is heard.
            before.append(-bytes)
            // A word that could not be said is missed below.
            try? Descriptors.writeAll(Array("word\n".utf8), to: quiet.write)
        }
        calm.onLine = { _ in
            before[before.count - 1] += bytes
            if before.count == 9 { loop.stop() }
        }
        loop.run()
        yes.killTree()
        loud.close()
        calm.close()
        Descriptors.close(quiet.write)
        #expect(before.count == 9)
        // The rest of the turn in which it was said, and one more.
        #expect(before.allSatisfy { (0...(128 << 10)).contains($0) }, "\(before)")
    }

    @Test("everything that waits at the end of a turn goes out in one write")
    func oneWrite() throws {
        let loop = try EventLoop()
        // Packets keep the borders of writes.
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        let channel = try LineChannel(loop: loop, read: -1, write: ends[0])
        var packets: [Int] = []
        loop.watchReadable(ends[1]) {
            var buffer = [UInt8](repeating: 0, count: 4096)
            packets.append(recv(ends[1], &buffer, buffer.count, 0))
            loop.stop()
        }
        for _ in 0..<100 { channel.send(line: Array("0123456".utf8)) }
        loop.run()
        #expect(packets == [800])
        loop.unwatch(ends[1])
        Descriptors.close(ends[1])
    }

    @Test("megabytes pass through a pipe that is full most of the time")
    func bulk() throws {
        let pair = try Pair(writeLimitBytes: 64 << 20)
        let line = [UInt8](repeating: 0x61, count: 10_000)
        var received = 0
        var sum = 0
        pair.right.onLine = {
            received += 1
            sum += $0.count
            if received == 2000 { pair.loop.stop() }
        }
        for _ in 0..<2000 { pair.left.send(line: line) }
        pair.loop.run()
        #expect(sum == 20_000_000)
        #expect(pair.left.backlog == 0)
    }

    @Test("a reader that never reads is noticed at the limit, and nothing is sent by half")
    func limit() throws {
        let loop = try EventLoop()
        let pipe = try Descriptors.makePipe()
        let channel = try LineChannel(loop: loop, read: -1, write: pipe.write, writeLimitBytes: 1 << 20)
        loop.onTurnEnd { loop.stop() }
        let line = [UInt8](repeating: 0x61, count: 99_999)
        var accepted = 0
        for _ in 0..<50 where channel.send(line: line) { accepted += 1 }
        #expect(accepted == 10)
        loop.setAlarm(after: .zero)
        loop.run()
        // The pipe took what it holds; the rest waits.
        #expect(channel.backlog > 0 && channel.backlog < 1_000_000)
        #expect(channel.backlog + 65_536 >= 1_000_000)
        Descriptors.close(pipe.read)
    }

    @Test("a line above the limit is told by its size, and the next is read as ever")
    func oversized() throws {
        let pair = try Pair(lineLimitBytes: 1000)
        var events: [String] = []
        pair.right.onLine = {
            events.append("\($0.count)")
            if events.count == 4 { pair.loop.stop() }
        }
        pair.right.onOversizedLine = { events.append("oversized \($0)") }
        for size in [1000, 1001, 500_000, 7] { pair.left.send(line: [UInt8](repeating: 0x61, count: size)) }
        pair.loop.run()
        #expect(events == ["1000", "oversized 1001", "oversized 500000", "7"])
    }

    @Test("half a line at the end is no line")
    func unfinished() throws {
        let loop = try EventLoop()
        let pipe = try Descriptors.makePipe()
        let channel = try LineChannel(loop: loop, read: pipe.read, write: -1)
        var events: [String] = []
        channel.onLine = { events.append(String(decoding: $0, as: UTF8.self)) }
        channel.onClose = {
            events.append("closed")
            loop.stop()
        }
        write(pipe.write, "whole\r\nhal", 10)
        Descriptors.close(pipe.write)
        loop.run()
        #expect(events == ["whole", "closed"])
        #expect(String(decoding: channel.unfinishedLine, as: UTF8.self) == "hal")
    }

    @Test("a write to a reader that is gone closes the sending side and no more")
    func brokenPipe() throws {
        let loop = try EventLoop()
        let there = try Descriptors.makePipe()
        let back = try Descriptors.makePipe()
        let channel = try LineChannel(loop: loop, read: back.read, write: there.write)
        var events: [String] = []
        channel.onLine = { events.append(String(decoding: $0, as: UTF8.self)) }
        channel.onClose = {
            events.append("closed")
            loop.stop()
        }
        Descriptors.close(there.read)
        write(back.write, "last words\n", 11)
        channel.send(line: Array("hello?".utf8))
        loop.onTurnEnd {
            if !channel.isWritable, channel.isOpen { Descriptors.close(back.write) }
        }
        loop.run()
        #expect(events == ["last words", "closed"])
    }

    @Test("a handler may close its channel in the middle of many lines")
    func closeWithin() throws {
        let pair = try Pair()
        var lines = 0
        pair.right.onLine = { [right = pair.right] _ in
            lines += 1
            if lines == 3 { right.close() }
        }
        pair.left.onClose = { pair.loop.stop() }
        for _ in 0..<100 { pair.left.send(line: [0x61]) }
        pair.loop.run()
        #expect(lines == 3)
    }

    @Test("a kept line stays what it was while more lines come")
    func keptLine() throws {
        let pair = try Pair()
        var kept: [ArraySlice<UInt8>] = []
        pair.right.onLine = {
            kept.append($0)
            if kept.count == 3000 { pair.loop.stop() }
        }
        for number in 0..<3000 { pair.left.send(line: Array("line number \(number) of many".utf8)) }
        pair.loop.run()
        let texts = kept.map { String(decoding: $0, as: UTF8.self) }
        #expect(texts == (0..<3000).map { "line number \($0) of many" })
    }
}
