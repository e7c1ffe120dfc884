"""What keeps a worker from going on: each with a sentence that says what to do about it."""


class WorkerError(RuntimeError):
    """The worker cannot start or must stop; the message is for people."""


class TopicsError(WorkerError):
    """Topics are missing or cut differently."""


class StateError(WorkerError):
    """The stored state cannot be used with this release or with this input log."""


class FencedError(RuntimeError):
    """The group has moved on since the snapshot was taken: somebody else owns the partition now."""


class SnapshotSizeError(RuntimeError):
    """A snapshot does not fit into one record; nothing of it was sent or committed."""
