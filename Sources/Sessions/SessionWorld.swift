public import AWSAPI
public import AWSConfig
public import CredentialProcess
public import SealedStore
public import Sealing
public import Unlocking

/// What getting sessions needs of the world around it.
public protocol SessionWorld: AnyObject {
    /// Where sessions lie.
    var places: SessionPlaces { get }
    /// The stamps of the AWS files from just before they were read.
    var files: SessionBond.Files { get }
    /// The time, in seconds since 1970.
    var now: Int { get }
    /// When everything must have ended.
    var deadline: Deadline { get }

    /// The store as it is now, for reading.
    func openStore() throws(SessionError) -> OpenStore
    /// The chain of roles that a profile's settings describe.
    func chain(of profile: String) throws(SessionError) -> RoleChain
    /// The keys that the AWS files have for a profile in plain text.
    func plainKeys(of profile: String) throws(SessionError) -> AWSCredentials
    /// The device for multi-factor authentication that a profile names.
    func device(of profile: String) -> MFADevice?
    /// STS, as it is reached with a profile's settings.
    func client(for profile: String) throws(SessionError) -> AWSClient
    /// Which STS that is, since sessions of one aren't good for another.
    func service(for profile: String) -> String
    /// A device's code: six digits.
    ///
    /// - Parameter tasks: what it is wanted for.
    func code(of device: MFADevice, for tasks: [SessionTask]) throws(SessionError) -> String
    /// Whether a process above this one is about something that this one is about to begin, which would go on for ever.
    func isUnderWay(_ task: SessionTask) -> Bool
    /// What a program prints that gives credentials; `nil` if it fails.
    ///
    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - tasks: what it is run for.
    func output(of words: [String], for tasks: [SessionTask]) -> SecretBytes?
    /// A variable of the environment; empty if it isn't set.
    func variable(_ name: String) -> SecretBytes
    /// Takes note of how it goes.
    func report(_ progress: SessionProgress)
}

/// What one process at a time is about in a line of processes that start one another.
public enum SessionTask: Sendable {
    /// A profile's program is running.
    case program(profile: String)
    /// A program is running that prints a device's code.
    case code(serial: String)
    /// A session is being got, and whoever else wants it waits.
    case session(String)
}

/// A device for multi-factor authentication, as a profile names it.
public struct MFADevice: Encodable, Sendable {
    /// Its ARN, or the serial number of one that can be held in a hand.
    public let serialNumber: String
    /// The command that prints its code, if the profile names one.
    public let process: String?

    /// How its codes are come by is no part of which device it is.
    private enum CodingKeys: CodingKey {
        case serialNumber
    }

    /// A device.
    public init(serialNumber: String, process: String?) {
        self.serialNumber = serialNumber
        self.process = process
    }
}

/// How it goes.
public enum SessionProgress: Sendable {
    /// STS is being asked.
    case asking(session: String)
    /// STS has answered, or won't.
    case answered
    /// Another process is getting the session.
    case waiting(session: String)
    /// A device's code was used already, and the next one is waited for.
    case waitingForCode(serial: String, seconds: Int)
    /// A renewal failed, and the session that is still good is served.
    case servedOld(session: String, expiration: Int, SessionError)
}

/// What was said about one command's session.
public struct SessionOptions: Sendable {
    /// The code that the person has read off the device already.
    public var mfaToken: String?
    /// How long the session is to live, in seconds; such a session isn't kept.
    public var duration: Int?
    /// Whether a user's key is to serve itself, rather than a session of it. What is got with it isn't kept.
    public var noSession = false
    /// Whether a user's key is never to serve itself, whatever the store says of it.
    public var wantsSession = false
    /// Whether it will be got again and again while nobody is there, so that a code which a person gives is of no use.
    public var repeats = false
    /// Whether it is for a program and not for a command that a person typed.
    public var isForProgram = false

    /// As usual.
    public init() {}
}
