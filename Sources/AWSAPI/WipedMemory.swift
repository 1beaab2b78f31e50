private import CCurl
private import Glibc
private import Sealing

/// Memory for C libraries through whose buffers secrets pass: wiped when it is given back.
///
/// It isn't locked, since these libraries take thousands of pieces.
enum WipedMemory {
    static let allocate: @convention(c) (Int) -> UnsafeMutableRawPointer? = { unsafe malloc($0) }

    static let allocateZeros: @convention(c) (Int, Int) -> UnsafeMutableRawPointer? = { unsafe calloc($0, $1) }

    static let free: @convention(c) (UnsafeMutableRawPointer?) -> Void = { memory in
        guard let memory = unsafe memory else { return }
        unsafe wipe(UnsafeMutableRawBufferPointer(start: memory, count: malloc_usable_size(memory)))
        unsafe Glibc.free(memory)
    }

    static let resize: @convention(c) (UnsafeMutableRawPointer?, Int) -> UnsafeMutableRawPointer? = { memory, size in
        guard let memory = unsafe memory else { return unsafe malloc(size) }
        guard let larger = unsafe malloc(size) else { return nil }
        unsafe larger.copyMemory(from: memory, byteCount: min(size, malloc_usable_size(memory)))
        unsafe free(memory)
        return unsafe larger
    }

    static let duplicate: @convention(c) (UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? = {
        unsafe $0.flatMap { unsafe strdup($0) }
    }
}
