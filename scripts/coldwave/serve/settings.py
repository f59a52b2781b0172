"""What a server may be told."""

from dataclasses import dataclass
from pathlib import Path

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST = 200  # songs of one answer
MOST_FOUND = 100  # songs or users of one search
MOST_WORDS = 200  # characters of a search
LARGEST = 2**31 - 1  # number of a song or user that is looked for
JSON_BYTES = 1 << 20  # of a body of JSON


@dataclass(frozen=True)
class Settings:
    """What a server may be told.

    Attributes
    ----------
    host, port : where it listens; port 0 takes any that is free
    allowed_hosts : names by which it may be asked (the Host header)
    audio_root : folder that audio is played from; None takes the folder of the run's songs
    upload_bytes : of an upload at most
    receive_seconds : in which all of an upload must have come
    upload_seconds : in which it must be heard or read
    upload_memory : bytes that a process may take for it
    upload_workers : processes that hear and read uploads
    upload_queue : uploads that may wait for one
    subsonic : user and password that OpenSubsonic's players need; None: none is needed
    """

    host: str = "127.0.0.1"
    port: int = 8765
    allowed_hosts: tuple[str, ...] = LOOPBACK
    audio_root: Path | None = None
    upload_bytes: int = 50 << 20
    receive_seconds: float = 60.0
    upload_seconds: float = 30.0
    upload_memory: int = 4 << 30
    upload_workers: int = 1
    upload_queue: int = 4
    subsonic: tuple[str, str] | None = None
