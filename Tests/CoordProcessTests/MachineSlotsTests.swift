import CoordProcess
import CoordSystem
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Machine slots")
struct MachineSlotsTests {
    @Test(
        "There is one slot per core, as long as each has two gigabytes",
        arguments: [
            (1, 1 << 30, 1), (2, 24 << 30, 2), (8, 32 << 30, 8), (16, 8 << 30, 4), (64, 1 << 30, 1),
            (0, 0, 1), (-3, -1, 1), (10_000, 1 << 50, 256),
        ] as [(Int, Int64, Int)])
    func sizing(_ cores: Int, _ memory: Int64, _ expected: Int) {
        #expect(MachineSlots.count(cores: cores, memoryBytes: memory) == expected)
    }

    @Test(
        "The number can be set from outside, and what is no number counts as nothing",
        arguments: [
            ("5", 5), ("1", 1), ("256", 256), ("0", nil), ("-1", nil), ("257", nil), ("many", nil), ("", nil),
        ]
            as [(String, Int?)])
    func countVariable(_ text: String, _ expected: Int?) throws {
        let usual = try #require(MachineSlots.ofThisMachine(["HOME": "/home/ada"]))
        let slots = try #require(MachineSlots.ofThisMachine(["HOME": "/home/ada", "COORD_SLOTS": text]))
        #expect(slots.count == expected ?? usual.count)
        #expect(MachineSlots.ofThisMachine([:])?.count == nil)
    }

    @Test("A slot is held until it is let go of, and a claim that may not wait is told so")
    func holding() throws {
        let folder = try TemporaryFolder()
        let slots = MachineSlots(folder: folder("slots"), count: 2)
        var held: [HeldSlot] = []
        for _ in 0..<2 { held.append(try #require(slots.hold("make"))) }
        #expect(held.map(\.number) == [1, 2])
        #expect(slots.picture().slots.map { $0.use?.label } == ["make", "make"])
        #expect(slots.hold("late", timeout: .zero) == nil)
        #expect(slots.picture().waiting.isEmpty)
        held.removeFirst()
        #expect(slots.hold("late", timeout: .zero)?.number == 1)
        #expect(try Files.list(folder("slots/line")).isEmpty)
    }

    @Test("Whoever waits can be called back, and nothing of the waiting is left")
    func cancelling() throws {
        let folder = try TemporaryFolder()
        let slots = MachineSlots(folder: folder("slots"), count: 1)
        let held = try #require(slots.hold("make"))
        let cancellation = Cancellation()
        let answer = try slots.claim("late", cancellation: cancellation) { picture in
            #expect(picture.slots.first?.use?.label == "make")
            #expect(picture.waiting.map(\.label) == ["late"])
            cancellation.cancel()
        }
        guard case .cancelled = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(try Files.list(folder("slots/line")).isEmpty)
        withExtendedLifetime(held) {}
    }

    @Test("Never do more hold slots than there are, whatever the order of coming and going")
    func crowd() throws {
        let folder = try TemporaryFolder()
        let slots = MachineSlots(folder: folder("slots"), count: 3)
        let inside = Atomic<Int>(0), most = Atomic<Int>(0), served = Atomic<Int>(0)
        let threads = BlockingThreads(count: 12, name: "crowd")
        let done = Mailbag()
        withExtendedLifetime(threads) {
            for number in 0..<60 {
                threads.submit {
                    let slot = slots.hold("\(number)", priority: number % 5)
                    let now = inside.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
                    _ = most.max(now, ordering: .sequentiallyConsistent)
                    if slot != nil { served.wrappingAdd(1, ordering: .sequentiallyConsistent) }
                    sched_yield()
                    inside.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                    withExtendedLifetime(slot) {}
                    done.post()
                }
            }
            for _ in 0..<60 { done.take() }
        }
        #expect(served.load(ordering: .sequentiallyConsistent) == 60)
        #expect(most.load(ordering: .sequentiallyConsistent) <= 3)
        #expect(try Files.list(folder("slots/line")).isEmpty)
    }

    @Test("A place in line whose owner is gone is passed over and taken away")
    func deadTicket() throws {
        let folder = try TemporaryFolder()
        let slots = MachineSlots(folder: folder("slots"), count: 1)
        try Files.makeFolder(folder("slots/line"))
        let ticket = "49000-00000000000000000001-4000000-1"
        for name in [ticket, ticket + ".bell", "new-49000-00000000000000000001-4000000-2"] {
            try Files.writeAtomically(
                Array("4000000\t1000\t1\tgone\n".utf8), to: folder("slots/line/" + name))
        }
        let held = try #require(slots.hold("make", timeout: .zero))
        #expect(slots.picture().waiting.isEmpty)
        #expect(slots.hold("late", timeout: .zero) == nil)
        #expect(try Files.list(folder("slots/line")).isEmpty)
        withExtendedLifetime(held) {}
    }

    @Test("A folder that cannot be made is an error with its path")
    func noFolder() throws {
        let folder = try TemporaryFolder()
        try Files.writeAtomically([], to: folder("file"))
        let slots = MachineSlots(folder: folder("file/slots"), count: 1)
        #expect(throws: SystemError.self) { try slots.claim("make") }
    }
}

extension MachineSlots {
    /// The slot, or nil when it was not to be had.
    fileprivate func hold(_ label: String, priority: Int = 0, timeout: Duration? = nil) -> HeldSlot? {
        guard case .held(let slot)? = try? claim(label, priority: priority, timeout: timeout) else {
            return nil
        }
        return slot
    }
}

/// Counts what threads have done, for one who waits for it.
private final class Mailbag: Sendable {
    private let semaphore: (read: Int32, write: Int32)

    init() { semaphore = (try? Descriptors.makePipe()) ?? (-1, -1) }

    deinit {
        Descriptors.close(semaphore.read)
        Descriptors.close(semaphore.write)
    }

    func post() { try? Descriptors.writeAll([1], to: semaphore.write) }

    func take() {
        var byte: UInt8 = 0
        _ = read(semaphore.read, &byte, 1)
    }
}
