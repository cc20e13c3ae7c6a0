/// The ranges that numbers of a mission must keep to. `mission.schema.json` states the same ones.
enum MissionRange {
    static let concurrency = 1...256
    /// Of workers, by all members together too.
    static let members = 1...256
    static let attempts = 1...20
    /// A second to a week.
    static let seconds = 1...604_800
    /// Dollars.
    static let money = 0...1_000_000
    static let priority = -100...100
    static let rate = 1...1_000_000_000_000
    static let parallel = 1...64
    static let batch = 1...256
    static let queueDepth = 1...100_000
    static let rounds = 1...100
    static let landings = 1...10_000
    static let percent = 1...100
    /// Handoffs of a task that nobody asked for.
    static let handoffs = 0...1000
}

/// The longest name of a team member: workers add `-` and a number of up to three digits to it.
let teamMemberNameLimit = 60

enum MissionKey: String, FieldKey {
    case schema = "$schema"
    case id, name, description, goal, agent, team, limits, assignment, scale, merge, planning, services
    case rehearsal, tasks

    static let synonyms: [String: Self] = [
        "agents": .team, "workers": .team, "members": .team, "roles": .team, "steps": .tasks, "jobs": .tasks,
        "mission": .id, "title": .name, "objective": .goal, "strategy": .assignment, "settings": .limits,
    ]
}

enum TeamKey: String, FieldKey {
    case id, role, count, model, maxModel, agent, budgetUSD, skills, rounds

    static let synonyms: [String: Self] = ["budget": .budgetUSD, "name": .id, "instances": .count]
}

enum RoundsKey: String, FieldKey {
    case everyLandings, atEnd, max, prompt

    static let synonyms: [String: Self] = ["every": .everyLandings, "rounds": .max, "task": .prompt]
}

enum LimitsKey: String, FieldKey {
    case maxConcurrency, budgetUSD, softBudgetUSD, maxAttempts, taskTimeoutSeconds, runTimeoutSeconds, rate
    case progressSeconds, handoff

    static let synonyms: [String: Self] = [
        "budget": .budgetUSD, "softBudget": .softBudgetUSD, "concurrency": .maxConcurrency,
        "maxWorkers": .maxConcurrency,
        "retries": .maxAttempts, "maxRetries": .maxAttempts, "timeout": .taskTimeoutSeconds,
        "timeoutSeconds": .taskTimeoutSeconds, "taskTimeout": .taskTimeoutSeconds,
        "runTimeout": .runTimeoutSeconds,
    ]
}

enum RateKey: String, FieldKey {
    case requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute

    static let synonyms: [String: Self] = [
        "rpm": .requestsPerMinute, "itpm": .inputTokensPerMinute, "otpm": .outputTokensPerMinute,
        "tokensPerMinute": .inputTokensPerMinute,
    ]
}

enum HandoffKey: String, FieldKey {
    case softPercent, hardPercent, contextTokens, max, askSeconds, acknowledgeSeconds

    static let synonyms: [String: Self] = [
        "soft": .softPercent, "hard": .hardPercent, "window": .contextTokens, "limit": .max,
    ]
}

enum ScaleKey: String, FieldKey {
    case min, max, queueDepth, idleSeconds

    static let synonyms: [String: Self] = ["idle": .idleSeconds, "minWorkers": .min, "maxWorkers": .max]
}

enum MergeKey: String, FieldKey {
    case target, gate, gateTimeoutSeconds, review, parallel, batch, protected, deliver, remote, style

    static let synonyms: [String: Self] = [
        "branch": .target, "into": .target, "gates": .gate, "checks": .gate, "tests": .gate,
        "gateTimeout": .gateTimeoutSeconds, "timeoutSeconds": .gateTimeoutSeconds, "reviewer": .review,
        "delivery": .deliver,
    ]
}

enum PlanningKey: String, FieldKey {
    case role
}

enum TaskKey: String, FieldKey {
    case id, title, prompt, role, category, deps, priority, files, skills, capabilities, run, checks
    case budgetUSD, maxAttempts, timeoutSeconds, approval, risk, workspace

    static let synonyms: [String: Self] = [
        "needs": .deps, "dependencies": .deps, "dependsOn": .deps, "depends": .deps, "depends_on": .deps,
        "requires": .deps, "after": .deps, "name": .title, "description": .prompt, "instructions": .prompt,
        "command": .run, "script": .run, "cmd": .run, "verify": .checks, "check": .checks,
        "budget": .budgetUSD,
        "retries": .maxAttempts, "timeout": .timeoutSeconds, "agent": .role, "owns": .files,
    ]
}
