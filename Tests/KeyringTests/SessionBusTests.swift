import Foundation
import Testing

@testable import Keyring

@Test("an address names a bus, unless GLib would start one of its own for it")
func addressNamesBus() {
    #expect(SessionBus.isNamed(address: "unix:path=/run/user/1000/bus", runtimeDirectory: nil))
    #expect(SessionBus.isNamed(address: "unix:abstract=x,guid=1;tcp:host=a,port=1", runtimeDirectory: nil))
    for address in ["", "autolaunch:", "autolaunch:scope=x", "disabled:", "unix:path=/a;autolaunch:"] {
        #expect(!SessionBus.isNamed(address: address, runtimeDirectory: nil), "\(address)")
    }
}

@Test("without an address, only a socket of ours in the runtime directory is a bus")
func socketIsBus() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "awskeys-\(UUID())").path()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(!SessionBus.isNamed(address: nil, runtimeDirectory: nil))
    #expect(!SessionBus.isNamed(address: nil, runtimeDirectory: ""))
    #expect(!SessionBus.isNamed(address: nil, runtimeDirectory: folder))
    let bus = folder + "/bus"
    try Data().write(to: URL(filePath: bus))
    #expect(!SessionBus.isNamed(address: nil, runtimeDirectory: folder), "a plain file")
    try FileManager.default.removeItem(atPath: bus)
    let listening = try listen(at: bus)
    defer { close(listening) }
    #expect(SessionBus.isNamed(address: nil, runtimeDirectory: folder))
    #expect(!SessionBus.isNamed(address: "", runtimeDirectory: folder), "the address comes first")
}

private func listen(at path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let bound = unsafe withUnsafePointer(to: &address) { address in
        unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
    }
    try #require(bound == 0)
    return descriptor
}
