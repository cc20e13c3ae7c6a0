import CoordJSON
import CoordWire
import Testing

@Suite("JSON-RPC messages")
struct RPCMessageTests {
    @Test(
        "every kind goes out and comes back",
        arguments: [
            RPCMessage.request(id: .number(7), method: "initialize", params: ["a": [1, 2.5, nil]]),
            .request(id: .string("x"), method: "ping", params: nil),
            .notification(method: "m", params: [1, "two"]),
            .notification(method: "quote\"\n\u{1b}", params: nil), .response(id: .number(-1), result: nil),
            .response(id: .string(""), result: ["ok": true]),
            .failure(id: .number(1), code: RPCMessage.Code.methodNotFound, message: "no such method"),
            .failure(id: nil, code: RPCMessage.Code.parseError, message: "", data: ["at": 3]),
        ])
    func roundTrip(message: RPCMessage) throws {
        let line = message.encoded()
        #expect(!line.contains(0x0A))
        #expect(try RPCMessage.decode(line) == message)
    }

    @Test("a notification looks as the specification has it")
    func shape() {
        let message = RPCMessage.notification(method: "update", params: ["foo": 1])
        #expect(
            String(decoding: message.encoded(), as: UTF8.self)
                == #"{"jsonrpc":"2.0","method":"update","params":{"foo":1}}"#)
    }

    @Test(
        "what is no message is refused with its reason",
        arguments: [
            ("", "the line is not JSON: the document is empty (at byte 0)"),
            ("{", "the line is not JSON: the document ends too early (at byte 1)"),
            ("\u{FEFF}{}", "byte order mark"), (#"{"jsonrpc":"2.0","jsonrpc":"2.0"}"#, "stands twice"),
            ("[]", "it is a list, not an object"), ("{}", #"`jsonrpc` is not "2.0""#),
            (#"{"jsonrpc":"2.0"}"#, "no `method`, `result` or `error`"),
            (#"{"jsonrpc":"1.0","method":"m"}"#, #"`jsonrpc` is not "2.0""#),
            (#"{"jsonrpc":"2.0","method":1}"#, "`method` is not a string"),
            (#"{"jsonrpc":"2.0","method":"m","params":"x"}"#, "neither an object nor a list"),
            (#"{"jsonrpc":"2.0","method":"m","id":null}"#, "the id of a request is null"),
            (#"{"jsonrpc":"2.0","method":"m","id":1.5}"#, "neither a whole number nor a string"),
            (#"{"jsonrpc":"2.0","result":1}"#, "a result without an id"),
            (#"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#, "a result and an error"),
            (#"{"jsonrpc":"2.0","id":1,"error":{"code":"x"}}"#, "lacks a whole `code`"),
        ])
    func refused(line: String, reason: String) {
        do throws(WireError) {
            let message = try RPCMessage.decode(Array(line.utf8))
            Issue.record("\(message) was read")
        } catch {
            #expect(error.description.contains(reason))
        }
    }
}
