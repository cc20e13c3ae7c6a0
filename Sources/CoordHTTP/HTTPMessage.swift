/// The name and the value of one header line. Names compare without regard to case.
package struct HTTPHeader: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether the header has this name, given in lower case.
    package func isNamed(_ lowercased: String) -> Bool {
        name.utf8.count == lowercased.utf8.count && name.lowercased() == lowercased
    }
}

extension [HTTPHeader] {
    /// The value of the first header of that name, given in lower case.
    package func value(of lowercased: String) -> String? { first { $0.isNamed(lowercased) }?.value }
}

/// What a client asked for, without the body.
package struct HTTPRequestHead: Sendable, Hashable {
    package var method: String
    /// The path, with its escapes undone, and behind a question mark the query, escaped.
    package var target: String
    package var headers: [HTTPHeader]
    /// How long the body is; 0: there is none.
    package var length: Int

    package init(method: String, target: String, headers: [HTTPHeader], length: Int) {
        self.method = method
        self.target = target
        self.headers = headers
        self.length = length
    }

    /// The target without its query.
    package var path: Substring { target.prefix { $0 != "?" } }
}

/// The start of an answer.
package struct HTTPResponseHead: Sendable, Hashable {
    package var status: Int
    package var headers: [HTTPHeader]

    package init(status: Int, headers: [HTTPHeader]) {
        self.status = status
        self.headers = headers
    }
}

/// One request and its answer on a server. A number is never used twice.
package struct HTTPExchange: Hashable, Sendable {
    let number: UInt64
}

/// One request of a client. A number is never used twice.
package struct HTTPTransfer: Hashable, Sendable {
    let number: UInt64
}

/// What a server allows.
package struct HTTPServerLimits: Sendable {
    /// Requests that may be under way at once; one more is answered with 503.
    package var exchangesMax = 512
    /// All header lines of a request together.
    package var headBytesMax = 32 << 10
    /// A longer body is answered with 413.
    package var bodyBytesMax = 32 << 20
    /// A client that takes nothing of what waits for it for so long is cut off.
    package var stallSecondsMax = 60
    /// A connection without a request is kept for so long.
    package var idleSecondsMax = 300
    /// With so much waiting for one client its source is asked to pause, and to go on at a quarter of it.
    package var backlogBytes = 256 << 10
    /// With so much waiting for one client it is cut off: its source did not listen.
    package var backlogBytesMax = 16 << 20

    package init() {}
}

/// Why an HTTP server or client cannot do what it should.
package enum HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    case cannotListen(address: String, port: Int)
    case noThread
    /// A library could not be set up.
    case noLibrary(name: String)

    package var description: String {
        switch self {
        case .cannotListen(let address, let port):
            port == 0 ? "cannot listen on \(address)" : "cannot listen on \(address):\(port)"
        case .noThread: "the system gives no thread"
        case .noLibrary(let name): "\(name) cannot be set up"
        }
    }
}

extension HTTPRequestHead {
    /// The library undoes the escapes of a query; here those that matter are put back.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x3D, 0x2C, 0x3A, 0x40, 0x2F,
                0x24:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}

extension HTTPResponseHead {
    /// What the status is called.
    var reason: String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Status"
        }
    }
}
