import CoordJSON
import CoordModel
import Testing

@testable import CoordSkills

@Suite("Arguments of a skill")
struct ArgumentTests {
    static let parameters = ParameterSchema(
        .object(
            [
                ParameterProperty(
                    name: "text", schema: ParameterSchema(.text(lengths: 1...5, isPath: false)),
                    isRequired: true),
                ParameterProperty(
                    name: "count", schema: ParameterSchema(.whole(1...9), fallback: .whole(3)),
                    isRequired: false),
                ParameterProperty(
                    name: "file", schema: ParameterSchema(.text(lengths: 1...99, isPath: true)),
                    isRequired: false),
                ParameterProperty(
                    name: "mode",
                    schema: ParameterSchema(
                        .text(lengths: 0...99, isPath: false), choices: [.text("--fast"), .text("--slow")]),
                    isRequired: false),
                ParameterProperty(
                    name: "files",
                    schema: ParameterSchema(
                        .list(
                            of: ParameterSchema(.text(lengths: 1...99, isPath: true)), counts: 0...3,
                            isUnique: true)),
                    isRequired: false),
                ParameterProperty(name: "deep", schema: ParameterSchema(.flag), isRequired: false),
                ParameterProperty(name: "share", schema: ParameterSchema(.number(0...1)), isRequired: false),
            ], allowsOthers: false))

    @Test("what is missing is filled with its default, what fits stays")
    func defaults() {
        let (arguments, errors) = Self.parameters.checked(["text": "abc", "share": 0.5, "count": 2.0])
        #expect(errors == [])
        #expect(arguments == ["text": "abc", "count": 2, "share": 0.5])
        #expect(Self.parameters.checked(["text": "a"]).arguments == ["text": "a", "count": 3])
    }

    @Test(
        "what does not fit is named, with its place",
        arguments: [
            ("{}", "`text` is missing"),
            (#"{"text":""}"#, "`text` has 0 letters, but must have from 1 to 5"),
            (#"{"text":"abcdef"}"#, "`text` has 6 letters, but must have from 1 to 5"),
            (#"{"text":"a\u0000"}"#, "`text` holds a null character"),
            (#"{"text":7}"#, "`text` must be a string, found a number"),
            (#"{"text":null}"#, "`text` must be a string, found null"),
            (#"{"text":"a","count":0}"#, "`count` is 0, but must be from 1 to 9"),
            (#"{"text":"a","count":1.5}"#, "`count` must be a whole number, found a number"),
            (#"{"text":"a","count":"3"}"#, "`count` must be a whole number, found a string"),
            (#"{"text":"a","file":"/etc/passwd"}"#, "`file` must be a path from the project's root"),
            (#"{"text":"a","file":"a/../../b"}"#, "`file` must not lead out of the project by `..`"),
            (#"{"text":"a","file":"~/x"}"#, "`file` must be a path from the project's root"),
            (#"{"text":"a","mode":"--rm"}"#, "`mode` is `--rm`, but must be one of `--fast`, `--slow`"),
            (#"{"text":"a","files":["a","a"]}"#, "`files` holds an entry twice"),
            (#"{"text":"a","files":["a","b","c","d"]}"#, "`files` has 4 entries, but must have from 0 to 3"),
            (#"{"text":"a","files":["a","../b"]}"#, "`files[1]` must not lead out of the project by `..`"),
            (#"{"text":"a","files":"a"}"#, "`files` must be a list, found a string"),
            (#"{"text":"a","deep":1}"#, "`deep` must be true or false, found a number"),
            (#"{"text":"a","share":1.01}"#, "`share` is 1.01, but must be from 0.0 to 1.0"),
            (#"{"text":"a","cuont":3}"#, "`cuont` is no parameter of it"),
            ("[]", "the arguments must be an object, found a list"),
        ])
    func wrong(_ text: String, _ message: String) throws {
        let errors = Self.parameters.checked(try JSONParser.parse(text)).errors
        #expect(errors.map(\.description) == [message])
    }

    @Test("a slip in a name is guessed")
    func guess() {
        #expect(Self.parameters.checked(["text": "a", "cuont": 3]).errors[0].hint == "Did you mean `count`?")
    }

    @Test("the schema as JSON Schema says what is checked")
    func json() {
        #expect(
            Self.parameters.json == [
                "type": "object",
                "properties": [
                    "text": ["type": "string", "minLength": 1, "maxLength": 5],
                    "count": ["type": "integer", "minimum": 1, "maximum": 9, "default": 3],
                    "file": ["type": "string", "minLength": 1, "maxLength": 99, "format": "path"],
                    "mode": ["type": "string", "maxLength": 99, "enum": ["--fast", "--slow"]],
                    "files": [
                        "type": "array",
                        "items": ["type": "string", "minLength": 1, "maxLength": 99, "format": "path"],
                        "maxItems": 3, "uniqueItems": true,
                    ],
                    "deep": ["type": "boolean"],
                    "share": ["type": "number", "minimum": 0.0, "maximum": 1.0],
                ],
                "required": ["text"], "additionalProperties": false,
            ])
    }

    // MARK: Filling

    private func fill(_ command: [String], _ arguments: JSONValue) throws(ArgumentError) -> [String] {
        try HandlerCommand.fill(
            SkillProgram(command: command), parameters: Self.parameters, arguments: arguments)
    }

    @Test("a parameter is one argument, whatever it holds; absent ones take their argument along")
    func filling() throws {
        let hostile = "a b; rm -rf $HOME `x` 'q' \"p\"\n{{count}}"
        #expect(
            try fill(
                ["p", "--text={{text}}", "{{text}}", "--count={{count}}", "{{file}}"],
                ["text": .string(hostile), "count": 2])
                == ["p", "--text=" + hostile, hostile, "--count=2"])
        #expect(try fill(["p", "{{files}}"], ["files": ["a", "b c"]]) == ["p", "a", "b c"])
        #expect(try fill(["p", "{{files}}", "x"], ["files": []]) == ["p", "x"])
        #expect(
            try fill(["p", "{{.Names}}", "{{", "a}}", "{{}}"], [:]) == [
                "p", "{{.Names}}", "{{", "a}}", "{{}}",
            ])
        #expect(try fill(["p", "{{deep}}-{{text}}"], ["deep": true, "text": "t"]) == ["p", "true-t"])
    }

    @Test(
        "a value that would be read as an option is refused, unless options have ended or it is the author's own"
    )
    func options() throws {
        #expect(throws: ArgumentError.self) { try fill(["p", "{{text}}"], ["text": "--output=/etc/x"]) }
        #expect(throws: ArgumentError.self) { try fill(["p", "{{files}}"], ["files": ["a", "-rf"]]) }
        #expect(throws: ArgumentError.self) {
            try fill(["p", "{{text}}{{file}}"], ["text": "-", "file": "x"])
        }
        #expect(try fill(["p", "--", "{{text}}"], ["text": "-x"]) == ["p", "--", "-x"])
        #expect(try fill(["p", "--text={{text}}"], ["text": "-x"]) == ["p", "--text=-x"])
        #expect(try fill(["p", "{{mode}}"], ["mode": "--fast"]) == ["p", "--fast"])
        // A list within a text, and an object, are no argument.
        #expect(throws: ArgumentError.self) { try fill(["p", "x{{files}}"], ["files": ["a"]]) }
    }

    @Test("what a person types becomes the value that is wanted")
    func typed() throws {
        func value(_ name: String, _ text: String) -> JSONValue? {
            Self.parameters.properties.first { $0.name == name }?.schema.value(typed: text)
        }
        #expect(value("text", "7") == "7")
        #expect(value("count", "7") == 7 && value("count", "x") == nil)
        #expect(value("deep", "yes") == true && value("deep", "1") == nil)
        #expect(value("share", "0.5") == 0.5)
        #expect(value("files", "a,b c") == ["a", "b c"] && value("files", #"["a,b"]"#) == ["a,b"])
    }

    @Test("the hash is that of the standard")
    func hash() {
        #expect(
            ContentHash.hexadecimal(Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            ContentHash.hexadecimal([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            ContentHash.hexadecimal(Array(repeating: UInt8(ascii: "a"), count: 1000))
                == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
    }
}
