/// Lends C the addresses of three runs of bytes, and wipes the stack after it; an empty run gets an address too, which
/// C doesn't read from.
func withAddresses<Result>(
    _ first: borrowing Span<UInt8>, _ second: borrowing Span<UInt8>, _ third: borrowing Span<UInt8>,
    _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>) -> Result
) -> Result {
    defer { wipeStack() }
    return unsafe withUnsafePointer(to: 0 as UInt8) { nothing in
        unsafe first.withUnsafeBufferPointer { first in
            unsafe second.withUnsafeBufferPointer { second in
                unsafe third.withUnsafeBufferPointer { third in
                    unsafe body(
                        first.baseAddress ?? nothing, second.baseAddress ?? nothing, third.baseAddress ?? nothing)
                }
            }
        }
    }
}
