import CoordJSON
import CoordModel
import CoordWire
import Testing

@Suite("Fact codec")
struct FactCodecTests {
    @Test("every fact comes back as it was written", arguments: Samples.all)
    func roundTrip(_ body: Fact.Body) throws {
        let (type, data) = FactCodec.encode(body)
        #expect(try FactCodec.decode(type: type, data: data, task: body.task, worker: body.worker) == body)
        var bytes = Array("kept".utf8)
        FactCodec.write(body, to: &bytes)
        #expect(bytes.prefix(4) == Array("kept".utf8)[...])
        #expect(
            try FactCodec.decode(
                type: type, bytes: Array(bytes.dropFirst(4)), task: body.task, worker: body.worker) == body)
    }

    @Test("the samples have every type of fact")
    func complete() {
        let sampled = Set(Samples.all.map(\.type))
        #expect(FactType.allCases.filter { !sampled.contains($0) } == [])
    }

    @Test("a type is named subject, dot, what happened, in lower case")
    func names() {
        for type in FactType.allCases {
            let parts = type.rawValue.split(separator: ".")
            #expect(parts.count == 2, "\(type.rawValue)")
            #expect(type.rawValue.allSatisfy { $0.isLowercase || $0 == "." || $0 == "-" }, "\(type.rawValue)")
        }
    }

    @Test("the data is what people read in the stream")
    func shape() {
        let usage = FactCodec.encode(
            .usageRecorded(
                Samples.lease, worker: "qa-1", role: nil, Samples.usage,
                cost: Money(microDollars: 125), counted: true))
        #expect(usage.type == "usage.recorded")
        var bytes: [UInt8] = []
        FactCodec.write(
            .usageRecorded(
                Samples.lease, worker: "qa-1", role: nil, Samples.usage,
                cost: Money(microDollars: 125), counted: true), to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"attempt":2,"id":"call-1","model":"sonnet","inputTokens":1200,"outputTokens":300,"#
                + #""cacheReadTokens":7,"cacheWriteTokens":9,"reportedUSD":0.01,"#
                + #""costUSD":0.000125,"counted":true}"#
        )
    }

    @Test("a task is written as a mission file has it, defaults left out")
    func task() throws {
        #expect(TaskSpec(id: "a").json.text == #"{"id":"a","title":"a","prompt":"","deps":[]}"#)
        #expect(try TaskSpec(json: Samples.fullTask.json) == Samples.fullTask)
        #expect(try TaskSpec(json: ["id": "a", "unknown": 1]) == TaskSpec(id: "a"))
        #expect(try RunStart(json: Samples.start.json) == Samples.start)
        #expect(try [SlotSpec](json: Samples.start.slots.json) == Samples.start.slots)
    }

    struct Refusal: Sendable {
        var type: String
        var data: JSONValue
        var task: TaskID?
        var message: String
    }

    @Test(
        "a fact that cannot be read says which part of it",
        arguments: [
            Refusal(
                type: "task.teleported", data: [:],
                message: "`task.teleported` is a fact this version of coord does not know"),
            Refusal(type: "task.ready", data: [:], message: "a fact `task.ready` has no `task`"),
            Refusal(
                type: "approval.given", data: [:], task: "a",
                message: "a fact `approval.given` has no `attempt`"),
            Refusal(
                type: "approval.given", data: ["attempt": "1"], task: "a",
                message: "in a fact `approval.given`, `attempt` is not a whole number"),
            Refusal(
                type: "task.landed", data: ["attempt": 1, "commit": "abc", "tree": "abc"], task: "a",
                message: "in a fact `task.landed`, `commit` is not the name of a git object"),
            Refusal(
                type: "run.status-changed", data: ["status": "dancing", "reason": ""],
                message: "in a fact `run.status-changed`, `status` is not a word coord knows"),
            Refusal(
                type: "rate.limited", data: ["until": "noon", "reason": ""],
                message: "in a fact `rate.limited`, `until` is not a time"),
            Refusal(type: "run.ended", data: [1], message: "in a fact `run.ended`, `data` is not an object"),
        ])
    func refusals(_ refusal: Refusal) throws {
        let error = try #require(throws: FactCodecError.self) {
            try FactCodec.decode(type: refusal.type, data: refusal.data, task: refusal.task, worker: nil)
        }
        #expect(error.description == refusal.message)
    }
}
