import ArgumentParser
import DurableFiles
import Foundation
import SealedStore
import Sealing
import Sessions
import Unlocking

struct MFACommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mfa", abstract: "Let awskeys give the codes of a virtual device for multi-factor authentication.",
        subcommands: [Add.self, List.self, Code.self, Remove.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal the seed of a virtual device, which the console shows when it is made.",
            discussion: "Whoever opens the store has both factors then: key and code lie side by side.")

        @Argument(help: "The device's ARN, or a profile that names it as `mfa_serial`.", completion: .profiles)
        var device: String

        @Option(help: "The file that has the seed, or the otpauth:// address of the QR code.", completion: .file())
        var seedFile: String?

        @Flag(help: "Replace the seed that the store has for the device.")
        var replace = false

        @Flag(help: "Don't ask.")
        var yes = false

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let serial = try serialNumber(device, in: context)
            let store = try UnlockedStore.unlock(in: context)
            let isThere = try store.hasDevice(serial)
            if isThere { try requireReplace(serial) }
            let loss = isThere ? "the seed that the store has will be gone. " : ""
            let price = "key and code will lie side by side: whoever opens the store has both."
            try Console.confirm("\(loss)\(price) Seal the seed of \(serial)?", yes: yes)
            guard let seed = OneTimePassword.seed(in: try typed()) else {
                throw Failure(
                    .usage, "that is no seed of a virtual device as AWS has them",
                    hint: "it has letters and the digits 2 to 7 only; codes have six digits and last 30 s, by SHA-1")
            }
            try store.update { draft in
                // Once more and under the lock: another command may have added one since.
                if try draft.hasDevice(serial) { try requireReplace(serial) }
                try draft.set(seed.copy(), of: serial)
            }
            Console.say("sealed the seed of \(serial)")
            Console.note("key and code lie side by side now: whoever opens the store has both")
            Console.note("`awskeys mfa code \(serial)` prints a code; AWS wants two in a row to activate a device")
        }

        private func requireReplace(_ serial: String) throws {
            guard replace else {
                throw Failure(
                    .usage, "the store has a seed of \(serial)", hint: "`--replace` puts the new one in its place")
            }
        }

        private func typed() throws -> SecretBytes {
            if let seedFile { return try read(seedFile).trimmed() }
            guard isatty(STDIN_FILENO) == 1 else { return try KeyInput.standardInput().trimmed() }
            guard let typed = Terminal.askSecret("seed of the device: ") else {
                throw Failure(.declined, "nothing was changed")
            }
            return typed
        }

        private func read(_ path: String) throws -> SecretBytes {
            do throws(FileError) {
                return try readFile(at: path, atMost: 4096)
            } catch {
                throw Failure(error)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the devices whose seeds are sealed.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let store = try UnlockedStore.unlock(in: context)
            var serials: [String] = []
            do throws(StoreError) {
                try ClosedStore(at: store.path).open(with: store.dataKey).forEachNote(.mfa) {
                    (_, bytes) throws(StoreError) in
                    serials.append(try StoredDevice(reading: bytes).serialNumber)
                }
            } catch {
                throw Failure(error, store: store.path)
            }
            if json { return try Console.say(json: ["devices": serials.map { ["serial_number": $0] }]) }
            for serial in serials { Console.say(serial) }
        }
    }

    struct Code: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a device's code, which then isn't given out again.")

        @Argument(help: "The device's ARN, or a profile that names it as `mfa_serial`.", completion: .profiles)
        var device: String

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let serial = try serialNumber(device, in: context)
            let store = try UnlockedStore.unlock(in: context)
            while true {
                switch try code(of: serial, in: store) {
                case .ready(let code): return Console.say(code)
                case .later(let seconds):
                    Console.note("awskeys: \(SessionProgress.waitingForCode(serial: serial, seconds: seconds).words)")
                    context.sleep(Double(seconds))
                case nil: throw Failure(noDevice: serial)
                }
            }
        }

        private func code(of serial: String, in store: borrowing UnlockedStore) throws -> StoredDevice.Code? {
            do throws(StoreError) {
                return try store.takeCode(of: serial)
            } catch {
                throw Failure(error, store: store.path)
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a device's seed from the store.")

        @Argument(help: "The device's ARN, or a profile that names it as `mfa_serial`.", completion: .profiles)
        var device: String

        @Flag(help: "Don't ask.")
        var yes = false

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let serial = try serialNumber(device, in: context)
            let store = try UnlockedStore.unlock(in: context)
            try Console.confirm("delete the seed of \(serial), which can't be had again from here?", yes: yes)
            try store.update { draft in
                guard try draft.removeDevice(serial) else { throw Failure(noDevice: serial) }
            }
            Console.say("deleted the seed of \(serial)")
        }
    }

    /// What stands for a device: itself, or a profile that names it.
    private static func serialNumber(_ device: String, in context: Context) throws -> String {
        // Virtual devices, which are those with seeds, have ARNs.
        let serial = device.hasPrefix("arn:") ? device : try AWSAccess(in: context).device(of: device)?.serialNumber
        // The longest that STS takes: AssumeRole's SerialNumber.
        if let serial, serial.utf8.count <= 256 { return serial }
        throw Failure(
            .notFound, "\"\(device)\" is neither the ARN of a device nor a profile with `mfa_serial`",
            hint: "the console shows a device's ARN beside the user")
    }
}

extension UnlockedStore {
    /// Whether the store keeps a device's seed.
    fileprivate borrowing func hasDevice(_ serialNumber: String) throws -> Bool {
        do throws(StoreError) {
            return try ClosedStore(at: path).open(with: dataKey).hasDevice(serialNumber)
        } catch {
            throw Failure(error, store: path)
        }
    }
}

extension Failure {
    fileprivate init(noDevice serial: String) {
        self.init(.notFound, "the store has no seed of \(serial)", hint: "`awskeys mfa list` shows those that it has")
    }
}

extension SecretBytes {
    /// The bytes without white space around them.
    fileprivate borrowing func trimmed() -> SecretBytes {
        withBytes { bytes in
            let (first, last) = (bytes.indices.first { bytes[$0] > 0x20 }, bytes.indices.last { bytes[$0] > 0x20 })
            guard let first, let last else { return SecretBytes(zeros: 0) }
            return SecretBytes(copying: bytes.extracting(first...last))
        }
    }
}
