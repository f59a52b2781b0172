"""The digest of a file's content."""

import hashlib
from pathlib import Path


def digest_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, in hex. Raises OSError."""
    with open(path, "rb") as file:  # noqa: PTH123 - takes a str as it is
        return hashlib.file_digest(file, "sha256").hexdigest()
