import CYAML

/// Reads one YAML document into a tree by libyaml's events.
///
/// Strict where YAML is dangerous: no second key of one name, no second document, limits on nesting and on
/// the number of values, copies made by aliases counted. Plain scalars follow the core schema of YAML 1.2:
/// `yes`, `no`, `on` and `off` are strings.
struct YAMLDocument {
    static let depthLimit = 32
    static let valueLimit = 20_000

    /// Reads the text. `firstLine` is the line of the file on which the text starts.
    static func parse(_ bytes: [UInt8], file: String, firstLine: Int = 1) throws(Diagnostic) -> LocatedValue {
        let result: Result<LocatedValue, Diagnostic> = bytes.withUnsafeBufferPointer { buffer in
            let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
            defer { parser.deallocate() }
            guard yaml_parser_initialize(parser) == 1 else {
                return .failure(
                    Diagnostic(file: file, message: "There is no memory to read the front matter"))
            }
            defer { yaml_parser_delete(parser) }
            // An empty buffer may have no address; libyaml wants one.
            let start = buffer.baseAddress ?? UnsafePointer(bitPattern: 1)!
            yaml_parser_set_input_string(parser, start, buffer.count)
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            var document = YAMLDocument(parser: parser, file: file, firstLine: firstLine)
            do throws(Diagnostic) { return .success(try document.document()) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let file: String
    private let firstLine: Int
    private var anchors: [String: (value: LocatedValue, count: Int)] = [:]
    private var valueCount = 0

    private init(parser: UnsafeMutablePointer<yaml_parser_t>, file: String, firstLine: Int) {
        self.parser = parser
        self.file = file
        self.firstLine = firstLine
    }

    private enum Event {
        case scalar(String, isPlain: Bool, tag: String?, anchor: String?)
        case listStart(anchor: String?), listEnd
        case objectStart(anchor: String?), objectEnd
        case alias(String)
        case documentStart
        /// Start and end of stream, end of document.
        case other
        case streamEnd
    }

    private mutating func document() throws(Diagnostic) -> LocatedValue {
        while true {
            let (event, position) = try next()
            switch event {
            case .documentStart: break
            case .streamEnd: return LocatedValue(.null, at: position)
            default: continue
            }
            let (first, place) = try next()
            let value = try value(first, place, depth: 0)
            while true {
                let (event, position) = try next()
                if case .streamEnd = event { return value }
                if case .documentStart = event { throw refuse(position, "there is a second YAML document") }
            }
        }
    }

    // MARK: Events

    private mutating func next() throws(Diagnostic) -> (Event, SourcePosition) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw parserProblem() }
        defer { yaml_event_delete(&event) }
        let position = place(event.start_mark)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return (
                .scalar(
                    String(decoding: bytes, as: UTF8.self),
                    isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.plain_implicit != 0,
                    tag: Self.text(scalar.tag), anchor: Self.text(scalar.anchor)), position
            )
        case YAML_SEQUENCE_START_EVENT:
            return (.listStart(anchor: Self.text(event.data.sequence_start.anchor)), position)
        case YAML_SEQUENCE_END_EVENT: return (.listEnd, position)
        case YAML_MAPPING_START_EVENT:
            return (.objectStart(anchor: Self.text(event.data.mapping_start.anchor)), position)
        case YAML_MAPPING_END_EVENT: return (.objectEnd, position)
        case YAML_ALIAS_EVENT: return (.alias(Self.text(event.data.alias.anchor) ?? ""), position)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, position)
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return (.streamEnd, position)
        default: return (.other, position)
        }
    }

    private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        bytes.map { String(cString: $0) }
    }

    private func place(_ mark: yaml_mark_t) -> SourcePosition {
        SourcePosition(line: Int(mark.line) + firstLine, column: Int(mark.column) + 1)
    }

    private func parserProblem() -> Diagnostic {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "it cannot be read"
        let position = place(parser.pointee.problem_mark)
        let context = parser.pointee.context.map { String(cString: $0) + ", " } ?? ""
        let hint: String? =
            if problem.contains("cannot start any token") {
                "YAML is indented with spaces, never tabs; a value that starts with `@`, `%` or a backtick "
                    + "needs quotes"
            } else if problem.contains("mapping values are not allowed") {
                "Check the indentation, and put a value that holds a colon in quotes"
            } else { nil }
        return refuse(position, context + problem, hint: hint)
    }

    private func refuse(_ position: SourcePosition, _ reason: String, hint: String? = nil) -> Diagnostic {
        Diagnostic(file: file, position: position, message: "This is not usable YAML: \(reason)", hint: hint)
    }

    // MARK: Values

    private mutating func value(
        _ event: Event, _ position: SourcePosition, depth: Int
    ) throws(Diagnostic) -> LocatedValue {
        guard depth <= Self.depthLimit else {
            throw refuse(position, "values are nested more than \(Self.depthLimit) deep")
        }
        let before = valueCount
        try count(1, position)
        let result: LocatedValue
        let name: String?
        switch event {
        case .scalar(let text, let isPlain, let tag, let anchor):
            let isText = !isPlain || tag == "tag:yaml.org,2002:str"
            result = LocatedValue(isText ? .string(text) : Self.resolve(text), at: position)
            name = anchor
        case .listStart(let anchor):
            result = LocatedValue(.list(try list(depth: depth)), at: position)
            name = anchor
        case .objectStart(let anchor):
            result = LocatedValue(.object(try object(depth: depth)), at: position)
            name = anchor
        case .alias(let anchor):
            guard let known = anchors[anchor] else {
                throw refuse(position, "nothing is called `&\(anchor)`")
            }
            // A copy counts as often as it is made: nine lines of aliases of aliases must not fill the
            // memory.
            try count(known.count, position)
            return known.value
        case .listEnd, .objectEnd, .documentStart, .other, .streamEnd:
            preconditionFailure("libyaml gave an end where a value begins")
        }
        if let name { anchors[name] = (result, valueCount - before) }
        return result
    }

    private mutating func count(_ more: Int, _ position: SourcePosition) throws(Diagnostic) {
        valueCount += more
        guard valueCount <= Self.valueLimit else {
            throw refuse(position, "there are more than \(Self.valueLimit) values, copies by `*` included")
        }
    }

    private mutating func list(depth: Int) throws(Diagnostic) -> [LocatedValue] {
        var items: [LocatedValue] = []
        while true {
            let (event, position) = try next()
            if case .listEnd = event { return items }
            items.append(try value(event, position, depth: depth + 1))
        }
    }

    private mutating func object(depth: Int) throws(Diagnostic) -> [LocatedMember] {
        var members: [LocatedMember] = []
        var seen: Set<String> = []
        while true {
            let (event, position) = try next()
            if case .objectEnd = event { return members }
            guard case .scalar(let key, _, _, _) = event else {
                throw refuse(position, "a key must be plain text")
            }
            guard seen.insert(key).inserted else { throw refuse(position, "the key `\(key)` stands twice") }
            let (first, place) = try next()
            members.append(
                LocatedMember(key: key, position: position, value: try value(first, place, depth: depth + 1)))
        }
    }

    /// The core schema of YAML 1.2 for a plain scalar.
    private static func resolve(_ text: String) -> LocatedValue.Content {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        guard text.count - digits.count <= 1,
            digits.first.map({ $0.isASCII && ($0.isNumber || $0 == ".") }) ?? false
        else { return .string(text) }
        if let whole = Int64(text) { return .integer(whole) }
        if text.utf8.allSatisfy({ (0x2B...0x39).contains($0) || $0 | 0x20 == 0x65 }), !text.contains("/"),
            let number = Double(text), number.isFinite
        {
            return .number(number)
        }
        return .string(text)
    }
}
