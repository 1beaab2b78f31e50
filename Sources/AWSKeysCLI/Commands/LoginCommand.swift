import AWSAPI
import ArgumentParser
import CredentialProcess
import Dispatch
import DurableFiles
import Foundation
import Sealing

struct LoginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Sign in to the AWS console with a profile's role: print the URL, or open it.",
        discussion: "Whoever opens the URL within 15 minutes is signed in.")

    @Argument(help: "The profile; it must be one with a role.", completion: .profiles)
    var profile: String

    @OptionGroup var session: SessionArguments

    @Flag(help: "Open it in the browser rather than print it.")
    var open = false

    @Option(help: "The page of the console: a URL, or a service such as s3.")
    var destination: String?

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let credentials = try context.credentials(for: profile, session.options)
        let access = try AWSAccess(in: context)
        let region = access.region(of: profile)
        guard let page = page(in: region) else {
            throw Failure(.config, "the console of region \"\(region ?? "")\" is not known")
        }
        let client = try access.client(for: profile)
        let identity = try client.identity(of: credentials, profile: profile)
        guard identity.arn.contains(":assumed-role/") else {
            throw Failure(
                .config, "AWS signs in to the console with the session of a role, and this is \(identity.arn)",
                hint: "name a profile with a role: `awskeys login PROFILE`")
        }
        let url = try url(of: page, with: credentials, client)
        if open { return try show(url, in: context) }
        try Console.reveal(lineOf(url))
    }

    /// How long a browser is given to read a page, in seconds, after the program that opens it has ended.
    private static let moment = 5.0
    /// How long that program is waited for, in seconds; it may be a browser that goes on.
    private static let patience = 30.0

    /// Opens a URL by way of a page that leads there: as an argument, every process on the machine could read it.
    private func show(_ url: borrowing SecretBytes, in context: Context) throws {
        let folder = try context.environment("XDG_RUNTIME_DIR") ?? context.sessionPlaces().folder
        let path = "\(folder)/awskeys-login-\(hexadecimal(randomBytes(8))).html"
        do throws(FileError) {
            try makeFolder(at: folder)
            removeAtSignals(path)
            try makeFile(at: path, with: page(leadingTo: url))
        } catch {
            throw Failure(error)
        }
        defer { try? removeFile(at: path) }
        let hasEnded = DispatchSemaphore(value: 0)
        // Silent, since a browser goes on talking to itself after this process's end.
        let opener = Process(silent: ["xdg-open", path])
        opener.terminationHandler = { _ in hasEnded.signal() }
        let isStarted = (try? opener.run()) != nil
        let goesOn = isStarted && hasEnded.wait(timeout: .now() + Self.patience) == .timedOut
        guard isStarted, goesOn || opener.terminationStatus == 0 else {
            throw Failure(.unavailable, "no browser could be opened", hint: "without `--open`, the URL is printed")
        }
        Console.note("opening the console in your browser")
        if !goesOn { context.sleep(Self.moment) }
    }

    private func page(leadingTo url: borrowing SecretBytes) -> SecretBytes {
        var page = SecretBuilder()
        page.add(#"<!DOCTYPE html><meta charset="utf-8"><title>AWS</title><meta http-equiv="refresh" content="0; url="#)
        url.withBytes { url in
            for index in url.indices {
                // Percent-encoded, it has nothing else that HTML would take for its own.
                if url[index] == UInt8(ascii: "&") {
                    page.add("&amp;")
                } else {
                    page.add(url.extracting(index..<index + 1))
                }
            }
        }
        page.add("\">\n")
        return page.joined()
    }

    private func url(
        of page: String, with credentials: borrowing ProfileCredentials, _ client: AWSClient
    ) throws -> SecretBytes {
        do throws(AWSError) {
            return try client.consoleSignIn(destination: page, with: credentials.signing())
        } catch {
            throw Failure(error, call: "the console's sign-in").named(profile)
        }
    }

    private func page(in region: String?) -> String? {
        if let destination, destination.contains("://") { return destination }
        return consoleAddress(of: destination, region: region)
    }
}

/// The file that is removed at a signal; it never changes once that can come.
private nonisolated(unsafe) var passingFile: UnsafeMutablePointer<CChar>?

/// Removes a file when a signal ends this process, as Ctrl-C does. Programs that it starts get signals as ever.
private func removeAtSignals(_ path: String) {
    unsafe passingFile = strdup(path)
    for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        // Only what a signal's handler may do.
        _ = signal(number) { number in
            if let path = unsafe passingFile { _ = unsafe unlink(path) }
            _ = signal(number, SIG_DFL)
            raise(number)
        }
    }
}
