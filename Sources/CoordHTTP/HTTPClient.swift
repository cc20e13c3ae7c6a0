import CCurl
import CoordProcess
import Synchronization

/// A streaming HTTP and HTTPS client on a thread of its own, over libcurl: connections are kept and shared,
/// certificates are those of the system, proxies those of the environment. The only file that knows libcurl.
///
/// Redirects are not followed, and nothing is unpacked: what the server sends is what is reported.
package final class HTTPClient: Sendable {
    /// A request to send.
    package struct Request: Sendable {
        package var method: String
        /// `http:` or `https:`, with everything.
        package var address: String
        package var headers: [HTTPHeader]
        package var body: [UInt8]
        package var connectSecondsMax: Int
        /// Without a byte of the answer for so long it is given up.
        package var idleSecondsMax: Int

        package init(
            method: String = "POST", address: String, headers: [HTTPHeader], body: [UInt8] = [],
            connectSecondsMax: Int = 15, idleSecondsMax: Int = 120
        ) {
            self.method = method
            self.address = address
            self.headers = headers
            self.body = body
            self.connectSecondsMax = connectSecondsMax
            self.idleSecondsMax = idleSecondsMax
        }
    }

    /// What came of a request.
    package enum Event: Sendable {
        case began(HTTPTransfer, HTTPResponseHead)
        case received(HTTPTransfer, [UInt8])
        /// The answer is complete. The last event.
        case ended(HTTPTransfer)
        /// There is no answer, or it was cut. The last event.
        case failed(HTTPTransfer, Failure)
    }

    /// Why there is no answer, or only a part of it.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// Where it failed.
        package enum Stage: Sendable, Hashable { case address, name, connection, security, answer, silence }
        package var stage: Stage
        /// In the library's words.
        package var reason: String
        package var description: String { reason }
    }

    enum Command: Sendable {
        case send(UInt64, Request)
        case pause(UInt64, Bool)
        case cancel(UInt64)
        case stop
    }

    /// What the thread and everybody else share. Waking is the one call of the library that other threads may
    /// make.
    final class Inbox: Sendable {
        private struct State {
            var commands: [Command] = []
            /// The address of what is woken; 0: nobody.
            var multi: UInt = 0
            var last: UInt64 = 0
        }
        private let state = Mutex(State())
        func post(_ command: Command) {
            state.withLock { state in
                state.commands.append(command)
                guard state.commands.count == 1 else { return }
                if let multi = UnsafeMutableRawPointer(bitPattern: state.multi) { curl_multi_wakeup(multi) }
            }
        }
        func next() -> UInt64 {
            state.withLock { state in
                state.last += 1
                return state.last
            }
        }
        func takeAll() -> [Command] {
            state.withLock { state in
                defer { state.commands = [] }
                return state.commands
            }
        }
        func open(_ multi: UnsafeMutableRawPointer?) {
            let address = UInt(bitPattern: multi)
            state.withLock { $0.multi = address }
        }
    }

    private let inbox = Inbox()
    private let threads = BlockingThreads(count: 1, name: "http-client")

    /// - Parameter report: called on the client's thread.
    package init(report: @escaping @Sendable (Event) -> Void) throws(HTTPError) {
        guard Self.isLibraryReady else { throw .noLibrary(name: "libcurl") }
        let inbox = inbox
        guard threads.submit({ ClientCore(inbox: inbox, report: report).work() }) else { throw .noThread }
    }

    deinit { inbox.post(.stop) }

    /// Sends a request. Its events may come before this returns its number.
    package func send(_ request: Request) -> HTTPTransfer {
        let number = inbox.next()
        inbox.post(.send(number, request))
        return HTTPTransfer(number: number)
    }

    /// Reads no more of the answer until `resume`; the server is slowed down by what it cannot send.
    package func pause(_ transfer: HTTPTransfer) { inbox.post(.pause(transfer.number, true)) }

    /// Goes on reading.
    package func resume(_ transfer: HTTPTransfer) { inbox.post(.pause(transfer.number, false)) }

    /// Gives up. No event of it comes any more, but what is on its way.
    package func cancel(_ transfer: HTTPTransfer) { inbox.post(.cancel(transfer.number)) }

    /// Gives everything up and returns when the thread is done.
    package func stop() {
        inbox.post(.stop)
        threads.shutdown()
    }

    /// The library and its version.
    package static var libraryVersion: String { String(cString: curl_version()) }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// The part of the client that lives on its thread.
private final class ClientCore {
    /// One request and its answer.
    final class Transfer {
        let number: UInt64
        let handle: UnsafeMutableRawPointer
        let report: (HTTPClient.Event) -> Void
        var lines: UnsafeMutablePointer<curl_slist>?
        var status = 0
        var headers: [HTTPHeader] = []
        var isPaused = false

        init(
            number: UInt64, handle: UnsafeMutableRawPointer, report: @escaping (HTTPClient.Event) -> Void
        ) {
            self.number = number
            self.handle = handle
            self.report = report
        }

        deinit {
            curl_easy_cleanup(handle)
            curl_slist_free_all(lines)
        }

        /// One line of the head, or the empty line behind it.
        func line(_ bytes: UnsafeRawBufferPointer) {
            var text = Substring(decoding: bytes, as: UTF8.self)
            while let end = text.utf8.last, end == 0x0A || end == 0x0D {
                text = Substring(text.utf8.dropLast())
            }
            if text.hasPrefix("HTTP/") {
                headers = []
                status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            } else if text.isEmpty {
                // Behind a head of its own the real one is still to come.
                guard status >= 200 else { return }
                report(
                    .began(HTTPTransfer(number: number), HTTPResponseHead(status: status, headers: headers)))
                status = 0
            } else if status > 0, let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                headers.append(HTTPHeader(String(text[..<colon]), String(value)))
            }
        }
    }

    private let inbox: HTTPClient.Inbox
    private let report: (HTTPClient.Event) -> Void
    private let multi = curl_multi_init()!
    private var transfers: [UInt64: Transfer] = [:]
    private var isStopped = false

    init(inbox: HTTPClient.Inbox, report: @escaping (HTTPClient.Event) -> Void) {
        self.inbox = inbox
        self.report = report
        coord_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 256)
    }

    func work() {
        inbox.open(multi)
        while true {
            for command in inbox.takeAll() { apply(command) }
            if isStopped { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishDone()
            // Woken by whoever posts a command; a second is for the library's own sake.
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
        inbox.open(nil)
        for transfer in transfers.values { curl_multi_remove_handle(multi, transfer.handle) }
        transfers = [:]
        curl_multi_cleanup(multi)
    }

    private func apply(_ command: HTTPClient.Command) {
        switch command {
        case .send(let number, let request): start(number, request)
        case .pause(let number, let isPaused):
            guard let transfer = transfers[number], transfer.isPaused != isPaused else { return }
            transfer.isPaused = isPaused
            if !isPaused { curl_easy_pause(transfer.handle, CURLPAUSE_CONT) }
        case .cancel(let number):
            guard let transfer = transfers.removeValue(forKey: number) else { return }
            curl_multi_remove_handle(multi, transfer.handle)
        case .stop: isStopped = true
        }
    }

    private func start(_ number: UInt64, _ request: HTTPClient.Request) {
        guard let handle = curl_easy_init() else {
            let failure = HTTPClient.Failure(stage: .connection, reason: "no room for another request")
            return report(.failed(HTTPTransfer(number: number), failure))
        }
        let transfer = Transfer(number: number, handle: handle, report: report)
        let user = Unmanaged.passUnretained(transfer).toOpaque()
        coord_curl_set_text(handle, CURLOPT_URL, request.address)
        coord_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        coord_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        coord_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        coord_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT, request.connectSecondsMax)
        coord_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
        coord_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, request.idleSecondsMax)
        coord_curl_set_long(handle, CURLOPT_TCP_NODELAY, 1)
        coord_curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        if Self.isLoopback(request.address) { coord_curl_set_text(handle, CURLOPT_PROXY, "") }
        if request.method == "POST" || !request.body.isEmpty {
            coord_curl_set_long(handle, CURLOPT_POST, 1)
            coord_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            request.body.withUnsafeBytes { bytes in
                _ = coord_curl_set_text(
                    handle, CURLOPT_COPYPOSTFIELDS,
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? Self.nothing)
            }
        }
        if request.method == "HEAD" {
            coord_curl_set_long(handle, CURLOPT_NOBODY, 1)
        } else if request.method != "POST" {
            coord_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method)
        }
        for header in request.headers where Self.isClean(header) {
            transfer.lines = curl_slist_append(
                transfer.lines, header.value.isEmpty ? header.name + ";" : "\(header.name): \(header.value)")
        }
        // It would wait for a second for a word that few servers say.
        transfer.lines = curl_slist_append(transfer.lines, "Expect:")
        coord_curl_set_pointer(handle, CURLOPT_HTTPHEADER, transfer.lines)
        coord_curl_set_receiver(handle, CURLOPT_HEADERFUNCTION, receiveHead)
        coord_curl_set_pointer(handle, CURLOPT_HEADERDATA, user)
        coord_curl_set_receiver(handle, CURLOPT_WRITEFUNCTION, receiveBody)
        coord_curl_set_pointer(handle, CURLOPT_WRITEDATA, user)
        coord_curl_set_pointer(handle, CURLOPT_PRIVATE, user)
        transfers[number] = transfer
        curl_multi_add_handle(multi, handle)
    }

    private func finishDone() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else {
                continue
            }
            let result = coord_curl_message_result(message)
            guard let transfer = transfers.values.first(where: { $0.handle == handle }) else { continue }
            curl_multi_remove_handle(multi, handle)
            transfers[transfer.number] = nil
            let mark = HTTPTransfer(number: transfer.number)
            report(result == CURLE_OK ? .ended(mark) : .failed(mark, Self.failure(result)))
        }
    }

    private static func failure(_ code: CURLcode) -> HTTPClient.Failure {
        let stage: HTTPClient.Failure.Stage
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: stage = .address
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: stage = .name
        case CURLE_COULDNT_CONNECT: stage = .connection
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER:
            stage = .security
        case CURLE_OPERATION_TIMEDOUT: stage = .silence
        default: stage = .answer
        }
        return HTTPClient.Failure(stage: stage, reason: String(cString: curl_easy_strerror(code)))
    }

    /// A header that would be two is none.
    private static func isClean(_ header: HTTPHeader) -> Bool {
        !header.name.utf8.contains { $0 <= 0x20 || $0 == 0x3A || $0 == 0x7F }
            && !header.value.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 }
    }

    private static func isLoopback(_ address: String) -> Bool {
        ["http://127.", "http://localhost:", "http://[::1]"].contains { address.hasPrefix($0) }
    }

    /// What has no address of its own is copied from here.
    nonisolated(unsafe) private static let nothing = UnsafePointer<CChar>(
        UnsafeMutablePointer<CChar>.allocate(capacity: 1))
}

private func receiveHead(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let user else { return 0 }
    let transfer = Unmanaged<ClientCore.Transfer>.fromOpaque(user).takeUnretainedValue()
    transfer.line(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let user else { return 0 }
    let transfer = Unmanaged<ClientCore.Transfer>.fromOpaque(user).takeUnretainedValue()
    if transfer.isPaused { return Int(COORD_CURL_WRITE_PAUSE) }
    let copy = [UInt8](UnsafeRawBufferPointer(start: bytes, count: size * count))
    transfer.report(.received(HTTPTransfer(number: transfer.number), copy))
    return size * count
}
