import CoordModel
import CoordSystem
import Testing

/// Every attack is carried out by a real agent of a real run: once without a sandbox, to show that it works,
/// and once under each mechanism of this machine.
@Suite("Attacks by an agent")
struct AttackTests {
    @Test("a sandbox works on this machine, so that something is tried at all")
    func somethingHolds() {
        #expect(
            !AttackRun.available.isEmpty,
            "neither bubblewrap nor Landlock nor Seatbelt confines a command here; install bubblewrap")
    }

    @Test("works without a sandbox", arguments: AttackTable.all)
    func control(_ attack: Attack) throws {
        let run = try AttackRun.of(.off)
        #expect(run.broken.contains(attack.task), "\(run.transcript)")
    }

    @Test(
        "is held back by bubblewrap, or is known not to be",
        .enabled(if: AttackRun.available.contains(.bubblewrap), "bubblewrap does not work on this machine"),
        arguments: AttackTable.all)
    func bubblewrap(_ attack: Attack) throws { try check(attack, .bubblewrap) }

    @Test(
        "is held back by Landlock, or is known not to be",
        .enabled(if: AttackRun.available.contains(.landlock), "Landlock does not work on this machine"),
        arguments: AttackTable.all)
    func landlock(_ attack: Attack) throws { try check(attack, .landlock) }

    @Test(
        "is held back by Seatbelt, or is known not to be",
        .enabled(if: AttackRun.available.contains(.seatbelt), "Seatbelt is macOS' own"),
        arguments: AttackTable.all)
    func seatbelt(_ attack: Attack) throws { try check(attack, .seatbelt) }

    private func check(_ attack: Attack, _ mechanism: SandboxMechanism) throws {
        let run = try AttackRun.of(mechanism)
        #expect(
            run.broken.contains(attack.task) != attack.isHeld(by: mechanism),
            "\(mechanism.rawValue) holds: \(attack.isHeld(by: mechanism))\n\(run.transcript)")
    }
}
