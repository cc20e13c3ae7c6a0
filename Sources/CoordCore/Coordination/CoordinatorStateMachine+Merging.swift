import CoordModel

// MARK: - Between tasks and the merge queue

extension CoordinatorStateMachine {
    mutating func submit(_ node: Int, commit: ObjectID, base: ObjectID, files: [String]) {
        let candidate = Candidate(lease: tasks[node].lease, commit: commit, base: base)
        record(.workSubmitted(candidate.lease, commit: commit, base: base, files: files))
        tasks[node].files = files
        let spec = tasks[node].spec
        tasks[node].author = tasks[node].worker
        let touched = settings.protected.touched(by: files, of: spec, isProposed: tasks[node].depth > 0)
        let wish: String? =
            if !touched.isEmpty {
                "it changes what is protected: " + Self.list(touched)
            } else if spec.approval { "the task asks for approval" } else if spec.risk == .high {
                "the task's risk is high"
            } else if settings.review == .human { "the mission asks for a person's review" } else { nil }
        if let reviewRole {
            askReview(node, candidate, by: reviewRole, thenPerson: wish)
        } else {
            reviewPassed(node, candidate, wish: wish)
        }
    }

    /// A few of many names.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
        return names.count > 5 ? shown + " and \(names.count - 5) more" : shown
    }

    mutating func enterQueue(_ node: Int, _ candidate: Candidate) {
        setState(node, .queued)
        perform(
            queue.submitted(candidate, files: tasks[node].files, isReturned: tasks[node].conflicts > 0))
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.needMetEarly) { satisfy(node) }
        #endif
    }

    mutating func landed(_ candidate: Candidate, _ commit: ObjectID) {
        let node = number(of: candidate.lease.task)
        setState(node, .landed)
        watch.landed(commit)
        perform(delivery.landed(commit))
        recentLandings.append(node)
        countLanding(of: node)
        if recentLandings.count > Self.recentLandingsMax { recentLandings.removeFirst() }
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.needMetEarly) { return }
        #endif
        radar.targetMoved(at: now)
        satisfy(node)
    }

    /// What is built and tested on another commit begins anew at once. During a landing nothing follows: that
    /// finds out for itself.
    mutating func targetSeen(_ commit: ObjectID?, by name: String) {
        watch.looked()
        guard let commit, !queue.isLanding else { return }
        if let fact = watch.saw(commit, by: name, at: now) { record(fact) }
        perform(queue.targetSeen(at: commit))
    }

    /// How many of a conflict's files are remembered.
    private static let clashesMax = 128
    /// How many landings are remembered, to tell a conflict's other side.
    private static let recentLandingsMax = 256

    mutating func bounced(_ candidate: Candidate, _ why: MergeQueue.Bounce) {
        let node = number(of: candidate.lease.task)
        record(.candidateBounced(candidate.lease, reason: why.reason))
        switch why {
        case .conflict(let files, let excerpt): conflicted(node, candidate, files: files, excerpt: excerpt)
        case .gateFailed(let report, _):
            retryOrFail(node, reason: why.reason, note: Self.note(why.reason, tail: report.tail))
        case .gateCouldNotRun(let report, let onTarget):
            if onTarget == .couldNotRun {
                // No agent can repair what fails without its work just the same.
                fail(node, reason: why.reason, cause: nil)
            } else {
                retryOrFail(node, reason: why.reason, note: Self.note(why.reason, tail: report.tail))
            }
        case .failed: retryOrFail(node, reason: why.reason, note: why.reason)
        case .fewerTests(let loss):
            setState(node, .approval(candidate))
            record(.approvalAsked(candidate.lease, reason: loss))
        }
    }

    /// Back to a worker with both sides; or to a person, who may let it try to land once more or send it
    /// back with words.
    private mutating func conflicted(_ node: Int, _ candidate: Candidate, files: [String], excerpt: String) {
        tasks[node].conflicts += 1
        tasks[node].clashes = Set(files.prefix(Self.clashesMax))
        let reason = "merge conflict in \(files.map { "`\($0)`" }.joined(separator: ", "))"
        if tasks[node].conflicts >= settings.conflictsMax {
            setState(node, .approval(candidate))
            record(
                .approvalAsked(
                    candidate.lease, reason: "\(reason); it conflicted \(tasks[node].conflicts) times"))
            return
        }
        let others = recentLandings.filter { landed in
            landed != node && tasks[landed].files.contains { files.contains($0) }
        }
        let sides = others.suffix(4).map { landed in
            let common = tasks[landed].files.filter { files.contains($0) }
            return "Landed meanwhile: task `\(tasks[landed].spec.id)`, \(tasks[landed].spec.title), "
                + "which changed \(common.map { "`\($0)`" }.joined(separator: ", "))."
                + (tasks[landed].summary.map { " In its own words: \($0)" } ?? "")
        }
        let story = ([reason] + sides + tasks[node].notices).joined(separator: "\n")
        retryOrFail(node, reason: reason, note: Self.note(story, tail: excerpt), countsAsFailure: false)
    }
}

extension MergeQueue.Bounce {
    /// One sentence for people and for the next attempt.
    var reason: String {
        switch self {
        case .conflict(let files, _):
            "merge conflict in \(files.map { "`\($0)`" }.joined(separator: ", "))"
        case .gateFailed(let report, let onTarget):
            "the gate `\(report.command)` failed: \(report.reason)" + Self.before(onTarget)
        case .gateCouldNotRun(let report, let onTarget):
            "the gate `\(report.command)` could not run: \(report.reason)" + Self.before(onTarget)
        case .failed(let reason): reason
        case .fewerTests(let loss): loss
        }
    }

    private static func before(_ onTarget: GateOutcome) -> String {
        switch onTarget {
        case .passed: ""
        case .failed: "; it fails on the target without this work too"
        case .couldNotRun: "; it cannot run on the target without this work either"
        }
    }
}
