import CoordModel

// MARK: - As many workers as the queue wants

/// A mission with `scale` has more slots than it starts workers. A slot that is not wanted at present is
/// *scaled down*: it has no process, and nobody stopped it.
extension CoordinatorStateMachine {
    /// How many slots are wanted at present.
    var scaledCount: Int { slots.count { !$0.isScaledDown && !$0.isStoppedByPerson } }

    /// Leaves as many slots as the mission wants at least; the rest waits for the queue to grow.
    mutating func scaleDownAtStart() {
        guard let scale = settings.scale else { return }
        for slot in slots.indices where slot >= scale.min {
            slots[slot].isScaledDown = true
            scheduler.setAbsent(slot)
        }
    }

    /// Wakes slots that are scaled down: first those without which a ready task would wait for ever, then one
    /// after the other while more tasks are ready than `queueDepth` for each worker.
    mutating func scaleUp() {
        guard let scale = settings.scale, mode == .running, counts.ready > 0 else { return }
        var workers = scaledCount
        let useful = settings.limits.maxConcurrency ?? slots.count
        for slot in slots.indices
        where slots[slot].isScaledDown && !slots[slot].isStoppedByPerson && !isOutOfBudget(slot) {
            if scheduler.isOnlyHope(slot) {
                workers += 1
                wake(slot, workers, "a task is ready that no other worker can take")
            } else if workers < useful, counts.ready > scale.queueDepth * workers,
                scheduler.hasWaiting(for: slot)
            {
                workers += 1
                wake(slot, workers, "\(counts.ready) tasks are ready")
            }
        }
    }

    private mutating func wake(_ slot: Int, _ workers: Int, _ reason: String) {
        slots[slot].isScaledDown = false
        scheduler.setPresent(slot)
        record(.scaleChanged(workers: workers, reason: reason))
        // One that is still on its way home comes back when it has arrived.
        if case .stopping(_, let deadline) = slots[slot].life {
            slots[slot].life = .stopping(thenStart: true, deadline: deadline)
        } else {
            startWorker(slot)
        }
    }

    /// When the next idle worker is no longer wanted.
    var scaleDeadline: Timestamp? {
        guard let scale = settings.scale, mode == .running, scaledCount > scale.min else { return nil }
        return slots.lazy.filter(\.isIdle).map { $0.idleSince + scale.idle }.min()
    }

    /// Sends workers home that had nothing to do for long, those of the highest slots first.
    mutating func scaleDown() {
        guard let scale = settings.scale, mode == .running else { return }
        for slot in slots.indices.reversed()
        where slots[slot].isIdle && slots[slot].idleSince + scale.idle <= now && scaledCount > scale.min {
            slots[slot].isScaledDown = true
            scheduler.setAbsent(slot)
            record(
                .scaleChanged(
                    workers: scaledCount,
                    reason:
                        "`\(slots[slot].spec.worker)` had nothing to do for \(scale.idle.wholeMilliseconds / 1000) s"
                ))
            sendHome(slot)
        }
    }
}
