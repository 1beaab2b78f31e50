public import Sealing

/// The console's page of a service, or its home; `nil` in partitions whose console isn't known here.
///
/// - Parameter service: as the console's addresses have it, such as `s3`.
public func consoleAddress(of service: String? = nil, region: String?) -> String? {
    guard let host = Partition.of(region ?? "").console else { return nil }
    guard service != nil || region != nil else { return "https://\(host)/" }
    let page = percentEncoded(service ?? "console", alsoPlain: "/")
    return "https://\(host)/\(page)/home" + (region.map { "?region=" + percentEncoded($0) } ?? "")
}

extension AWSClient {
    /// A URL that signs whoever opens it in to the console, with a session. It is good for 15 minutes, and a secret.
    ///
    /// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
    ///
    /// - Parameters:
    ///   - destination: the page of the console to go to.
    ///   - issuer: where to go when the session is over.
    ///   - duration: how long the sign-in lasts, 900 to 43,200 seconds. Only sessions of a role that was assumed with a
    ///     long-term key may choose it; `nil` leaves it out.
    /// - Throws: ``AWSError``. A session that isn't accepted gets a page for people, so that is ``AWSError/garbled``
    ///   with a status of 400 or more.
    public func consoleSignIn(
        destination: String, issuer: String? = nil, duration: Int? = nil, with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> SecretBytes {
        guard let url = signIn else {
            throw .unreachable(
                TransportError(host: "", reason: "no sign-in is known for this region", mayHaveArrived: false))
        }
        let token = try signInToken(at: url, duration: duration, with: credentials)
        var query = Form()
        query.add("Action", "login")
        if let issuer { query.add("Issuer", issuer) }
        query.add("Destination", destination)
        token.withBytes { query.add("SigninToken", $0) }
        var address = SecretBuilder()
        address.add(url + "?")
        query.joined().withBytes { address.add($0) }
        return address.joined()
    }

    /// Gives a session for a token that stands for it. AWS's page shows a GET; its own toolkit for JetBrains' programs
    /// sends this form (`AwsConsoleUrlFactory.kt`), and so nothing secret is part of a URL.
    private func signInToken(
        at url: String, duration: Int?, with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> SecretBytes {
        var form = Form()
        form.add("Action", "getSigninToken")
        form.add("SessionType", "json")
        if let duration { form.add("SessionDuration", String(duration)) }
        session(credentials).withBytes { form.add("Session", $0) }
        let body = form.joined()
        return try repeating(true) { () throws(AWSError) in
            let response = try post(body, to: url, with: .anonymous)
            guard response.status == 200, let answer = JSONObject(response.body),
                let token = answer.text("SigninToken"), token.count > 0
            else { throw .garbled(status: response.status) }
            return token
        }
    }

    private func session(_ credentials: borrowing AWSCredentials) -> SecretBytes {
        var json = SecretBuilder()
        json.add("{\"sessionId\":")
        json.addQuoted(credentials.accessKeyID.utf8.span)
        json.add(",\"sessionKey\":")
        credentials.secretAccessKey.withBytes { json.addQuoted($0) }
        json.add(",\"sessionToken\":")
        credentials.sessionToken.withBytes { json.addQuoted($0) }
        json.add("}")
        return json.joined()
    }
}

extension SecretBuilder {
    /// Adds a text as JSON writes it (RFC 8259, section 7).
    fileprivate mutating func addQuoted(_ text: borrowing Span<UInt8>) {
        add("\"")
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            add(text.extracting(start..<index))
            add("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
            start = index + 1
        }
        add(text.extracting(start..<text.count))
        add("\"")
    }
}
