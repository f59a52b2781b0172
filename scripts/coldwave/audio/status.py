"""Why a file gave no audio: one word of a fixed vocabulary, and a sentence about this file."""

STATUSES = (
    "missing",  # there is no such file
    "not_a_file",  # a folder, a pipe, a device
    "empty",  # no bytes, or no samples
    "too_large",  # more bytes than a song has
    "too_long",  # more audio than is taken into memory at once
    "unsupported",  # a format that needs a decoder that is not installed, or an absurd sample rate
    "unreadable",  # no decoder makes sense of it, or it may not be read
    "truncated",  # the decoder delivers clearly less than the header promises
    "not_finite",  # samples that are infinite or not a number
    "too_short",  # less audio than the pipeline needs
    "silent",  # nothing above the threshold of silence, or channels that cancel each other out
    "too_slow",  # not done within the time limit
    "crashed",  # the decoder's process died, or failed in an unforeseen way
)


class AudioError(Exception):
    """A file gives no usable audio. ``status`` is one of ``STATUSES``, ``detail`` says what was found."""

    def __init__(self, status: str, detail: str) -> None:
        if status not in STATUSES:
            raise ValueError(f"unknown status {status!r}")
        super().__init__(status, detail)
        self.status = status
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.status}: {self.detail}"
