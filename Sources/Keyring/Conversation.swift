import CSecret

/// One exchange with the bus and the Secret Service, which ends by its deadline.
///
/// libsecret has no deadlines. Every call is therefore started in GLib's asynchronous form and waited for here, in an
/// event loop of our own that a timer wakes. At the deadline the call is cancelled. GLib and libsecret don't heed that
/// everywhere (greeting the bus and dismissing a prompt both wait for an answer), so whatever hasn't ended a moment
/// later is left behind, with the little memory it holds, rather than waited for.
@safe final class Conversation {
    /// How long a cancelled call gets for tidying up: taking the prompt off the person's screen, mostly.
    private static let grace = Duration.milliseconds(150)

    private let context: OpaquePointer
    private let cancellable: UnsafeMutablePointer<GCancellable>
    private let patience: Duration
    private var deadline: ContinuousClock.Instant

    /// Begins; the time runs from here.
    init(patience: Duration) {
        unsafe context = g_main_context_new()
        unsafe cancellable = g_cancellable_new()
        self.patience = patience
        deadline = .now + patience
    }

    deinit {
        // Every object that came up has ended by now and has left the last of its work here; undone, it leaks.
        while unsafe g_main_context_iteration(context, 0) != 0 {}
        unsafe g_object_unref(cancellable)
        unsafe g_main_context_unref(context)
    }

    /// Gives the person `promptPatience` for what `body` asks; after that the patience starts afresh.
    ///
    /// - Throws: ``KeyringError/unanswered`` if the person let the time pass.
    func prompting<Result: ~Copyable>(
        for promptPatience: Duration, _ body: () throws(KeyringError) -> Result
    ) throws(KeyringError) -> Result {
        deadline = .now + promptPatience
        defer { deadline = .now + patience }
        do throws(KeyringError) {
            return try body()
        } catch .timedOut {
            throw .unanswered
        }
    }

    /// Starts an asynchronous call, waits for its end and gives what it gave.
    ///
    /// - Parameters:
    ///   - start: makes the call with these three last arguments.
    ///   - finish: the call's `_finish` function.
    /// - Throws: ``KeyringError/timedOut``, or what the call's `GError` means.
    func ask<Result>(
        _ start: (UnsafeMutablePointer<GCancellable>, GAsyncReadyCallback, gpointer) -> Void,
        finish: (OpaquePointer, UnsafeMutablePointer<UnsafeMutablePointer<GError>?>) -> Result
    ) throws(KeyringError) -> Result {
        unsafe g_main_context_push_thread_default(context)
        defer { unsafe g_main_context_pop_thread_default(context) }
        let answer = Answer()
        unsafe start(cancellable, arrived, Unmanaged.passRetained(answer).toOpaque())
        wait(for: answer, until: deadline)
        var isLate = false
        if !answer.hasArrived {
            isLate = true
            unsafe g_cancellable_cancel(cancellable)
            wait(for: answer, until: .now + Self.grace)
        }
        guard let outcome = unsafe answer.outcome else { throw .timedOut }
        defer { unsafe g_object_unref(UnsafeMutableRawPointer(outcome)) }
        var error: UnsafeMutablePointer<GError>?
        let result = unsafe finish(outcome, &error)
        guard let error = unsafe error else { return result }
        let meaning = unsafe KeyringError(taking: error)
        throw isLate ? .timedOut : meaning
    }

    private func wait(for answer: Answer, until end: ContinuousClock.Instant) {
        let rest = max(.zero, ContinuousClock.now.duration(to: end))
        let milliseconds = rest.components.seconds * 1000 + rest.components.attoseconds / 1_000_000_000_000_000 + 1
        guard let timer = unsafe g_timeout_source_new(guint(clamping: milliseconds)) else { return }
        defer {
            unsafe g_source_destroy(timer)
            unsafe g_source_unref(timer)
        }
        // Waking the loop is all it does.
        unsafe g_source_set_callback(timer, { _ in 1 }, nil, nil)
        unsafe g_source_attach(timer, context)
        while !answer.hasArrived, ContinuousClock.now < end { unsafe g_main_context_iteration(context, 1) }
    }
}

/// Where the end of an asynchronous call is put down.
@safe private final class Answer {
    var outcome: OpaquePointer?
    var hasArrived: Bool { unsafe outcome != nil }
}

/// GLib's callback at the end of a call; what it gets is an ``Answer`` that was retained for it.
private func arrived(_: UnsafeMutablePointer<GObject>?, outcome: OpaquePointer?, answer: gpointer?) {
    guard let outcome = unsafe outcome, let answer = unsafe answer else { return }
    _ = unsafe g_object_ref(UnsafeMutableRawPointer(outcome))
    unsafe Unmanaged<Answer>.fromOpaque(answer).takeRetainedValue().outcome = outcome
}
