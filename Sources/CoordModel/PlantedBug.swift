#if COORD_PLANTED_BUGS
    /// Deliberate faults, one of which can be switched on in a build made with `-D COORD_PLANTED_BUGS`. The
    /// torture bench must find each of them; a harness that does not is not to be trusted. No other build
    /// holds a trace of them.
    package enum PlantedBug: String, CaseIterable, Sendable {
        /// Kept work gets no reference.
        case rescueWithoutReference
        /// What stands in a worktree is never kept.
        case rescueForgotten
        /// A taking over that was cut off is taken for finished.
        case takingUnmarked
        /// The gate is not run.
        case gateSkipped
        /// A landing is not announced before the target moves.
        case intentForgotten
        /// Acts first, records afterwards.
        case actsBeforeRecording
        /// A landing under way is not taken up again: the candidate queues once more.
        case landingForgotten
        /// A restarted coordinator counts attempts from before the last one.
        case attemptReused
        /// The same usage id counts each time.
        case usageCountedTwice
        /// What an attempt leaves running is not ended.
        case processesLeft
        /// Locks of killed git commands stay.
        case locksLeft
        /// The branch moves, its checkout does not.
        case checkoutForgotten
        /// No note is written before a checkout is moved.
        case landingNoteForgotten
        /// The ledger's rows are not written.
        case costsUnwritten
        /// Agents inherit the whole environment.
        case environmentPassedOn
        /// Half-made entries of the hub stay.
        case hubUnmended
        /// Now and then a commit of the journal is skipped.
        case commitSkipped
        /// A candidate is built from the target alone.
        case workLeftOut
        /// A need counts as met once it waits to land.
        case needMetEarly
        /// Messages of older attempts are taken for the living one's.
        case fenceDropped

        /// The one that is switched on; set once, at the start of the program.
        nonisolated(unsafe) package static var active: PlantedBug?

        /// Whether this one is switched on.
        package static func isActive(_ bug: PlantedBug) -> Bool { active == bug }
    }
#endif
