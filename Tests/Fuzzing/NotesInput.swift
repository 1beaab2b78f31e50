import Sealing
import SealedStore

@testable import Importing
@testable import Rotation
@testable import Sessions
@testable import Unlocking

/// Reads what lies sealed beside keys, or goes from one process to another: the first byte says what it is. What can be
/// read must be the same bytes once it is written again.
func tryNotes(_ bytes: borrowing Span<UInt8>) {
    guard bytes.count > 0 else { return }
    let note = bytes.extracting(1...).secret
    switch bytes[0] % 5 {
    case 0:
        guard let session = try? Session(reading: note) else { return }
        // Of times beyond the end of all time, and the tag of no key, nothing is kept.
        let written = session.encoded()
        guard let again = try? Session(reading: written) else { fatalError("a session can't be read again") }
        requireSame(again.encoded(), written)
    case 1:
        guard let journal = try? Journal(reading: note) else { return }
        requireSame(journal.encoded(), note)
    case 2:
        guard let device = try? StoredDevice(reading: note) else { return }
        requireSame(device.encoded(), note)
    case 3:
        guard let rotation = try? Rotation.read(note) else { return }
        requireSame(rotation.encoded(), note)
    default:
        guard let answer = Answer(reading: note) else { return }
        guard let again = Answer(reading: answer.encoded()) else { fatalError("an answer can't be read again") }
        requireSame(again.encoded(), answer.encoded())
    }
}

private func requireSame(_ written: borrowing SecretBytes, _ read: borrowing SecretBytes) {
    read.withBytes { require(written.equals($0), "what was read is written in another way") }
}
