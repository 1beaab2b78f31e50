private import CCurl
private import Glibc
import Sealing

/// Sends requests with libcurl, which brings TLS, proxies (`HTTPS_PROXY`, `NO_PROXY`, ...) and certificate bundles.
///
/// - Parameters:
///   - caBundle: a file of certificates to trust instead of the system's.
///   - patience: how long a request may take that doesn't say so itself, in seconds.
public func curlTransport(caBundle: String?, patience: Double = 30) -> Transport {
    { (request) throws(TransportError) in
        guard Curl.isReady else {
            throw TransportError(host: host(of: request.url), reason: "libcurl is not installed", mayHaveArrived: false)
        }
        let answer = Answer()
        let code = send(request, answer: answer, caBundle: caBundle, patience: request.patience ?? patience)
        guard code == CURLE_OK, !answer.isTooLarge else {
            let host = host(of: request.url)
            let reason =
                answer.isTooLarge ? "the answer is too large" : unsafe String(cString: loaded_strerror(code))
            let mayHaveArrived = answer.isAskedFor && !Curl.beforeSending.contains(code.rawValue)
            throw TransportError(host: host, reason: reason, mayHaveArrived: mayHaveArrived)
        }
        return HTTPResponse(status: answer.status, date: answer.date, body: answer.takeBody())
    }
}

private enum Curl {
    /// Whether libcurl is there and initialised.
    static let isReady: Bool = {
        guard libcurl_is_there() != 0 else { return false }
        let code = unsafe loaded_global_init(
            WipedMemory.allocate, WipedMemory.free, WipedMemory.resize, WipedMemory.duplicate,
            WipedMemory.allocateZeros)
        return code == CURLE_OK
    }()

    /// What goes wrong before the first byte of a request is on its way.
    static let beforeSending: Set<UInt32> = [
        CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST,
        CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CACERT_BADFILE,
    ].reduce(into: []) { $0.insert($1.rawValue) }
}

/// What libcurl hands over, piece by piece.
private final class Answer {
    static let largest = 1 << 20

    var status = 0
    var date: Int?
    /// Whether any of a request is on its way, be it one that asks a proxy for a tunnel.
    var isAskedFor = false
    private var body = SecretBuilder()
    private var size = 0
    private(set) var isTooLarge = false

    func add(_ part: borrowing Span<UInt8>) -> Bool {
        size += part.count
        isTooLarge = size > Self.largest
        if !isTooLarge { body.add(part) }
        return !isTooLarge
    }

    func takeBody() -> SecretBytes {
        var taken = SecretBuilder()
        swap(&taken, &body)
        return taken.joined()
    }

    func read(header: String) {
        let parts = header.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "date" else { return }
        let time = unsafe loaded_getdate(String(parts[1]))
        if time >= 0 { date = time }
    }
}

private func send(
    _ request: borrowing HTTPRequest, answer: Answer, caBundle: String?, patience: Double
) -> CURLcode {
    guard let curl = unsafe loaded_init() else { return CURLE_FAILED_INIT }
    defer { unsafe loaded_cleanup(curl) }
    var lines: UnsafeMutablePointer<curl_slist>?
    for header in request.headers {
        unsafe lines = unsafe loaded_append(lines, "\(header.name): \(header.value)")
    }
    if request.sessionToken.count > 0 {
        var line = SecretBuilder()
        line.add("X-Amz-Security-Token: ")
        request.sessionToken.withBytes { line.add($0) }
        line.add("\0")
        line.joined().withBytes { line in
            unsafe line.withUnsafeBytes { line in
                unsafe lines = unsafe loaded_append(
                    lines, line.baseAddress?.assumingMemoryBound(to: CChar.self))
            }
        }
    }
    defer { unsafe loaded_free_list(lines) }
    func set(_ option: CURLoption, _ value: Int) { unsafe loaded_set_long(curl, option, value) }
    func set(_ option: CURLoption, _ text: String) {
        unsafe text.withCString { text in unsafe loaded_set_pointer(curl, option, text) }
    }
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_NOSIGNAL, 1)
    // In milliseconds; zero would stand for no limit at all.
    let limit = max(1, Int(min(patience, 86_400) * 1000))
    set(CURLOPT_CONNECTTIMEOUT_MS, min(10_000, limit))
    set(CURLOPT_TIMEOUT_MS, limit)
    // A proxy's own answer has a date too.
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_USERAGENT, "awskeys")
    set(CURLOPT_POST, 1)
    set(CURLOPT_POSTFIELDSIZE, request.body.count)
    // What is meant for this machine doesn't leave it.
    if isLoopback(request.url) { set(CURLOPT_NOPROXY, "*") }
    if let caBundle { set(CURLOPT_CAINFO, caBundle) }
    unsafe loaded_set_pointer(curl, CURLOPT_HTTPHEADER, lines)
    let handle = unsafe Unmanaged.passUnretained(answer).toOpaque()
    unsafe loaded_set_pointer(curl, CURLOPT_WRITEDATA, handle)
    unsafe loaded_set_pointer(curl, CURLOPT_HEADERDATA, handle)
    unsafe loaded_set_callback(curl, CURLOPT_WRITEFUNCTION) { part, _, count, answer in
        guard let part = unsafe part, let answer = unsafe answer else { return 0 }
        let target = unsafe Unmanaged<Answer>.fromOpaque(answer).takeUnretainedValue()
        let isTaken = unsafe part.withMemoryRebound(to: UInt8.self, capacity: count) { part in
            target.add(unsafe Span(_unsafeStart: part, count: count))
        }
        return isTaken ? count : 0
    }
    unsafe loaded_set_callback(curl, CURLOPT_HEADERFUNCTION) { part, size, count, answer in
        guard let part = unsafe part, let answer = unsafe answer else { return 0 }
        let line = unsafe String(
            decoding: UnsafeRawBufferPointer(start: part, count: size * count), as: UTF8.self)
        unsafe Unmanaged<Answer>.fromOpaque(answer).takeUnretainedValue().read(header: line)
        return size * count
    }
    return request.body.withBytes { body in
        unsafe body.withUnsafeBytes { unsafe loaded_set_pointer(curl, CURLOPT_POSTFIELDS, $0.baseAddress) }
        let code = unsafe loaded_perform(curl)
        answer.status = unsafe loaded_get_long(curl, CURLINFO_RESPONSE_CODE)
        answer.isAskedFor = unsafe loaded_get_long(curl, CURLINFO_REQUEST_SIZE) > 0
        return code
    }
}
