"""Reading a history's files: those that hold the format, one after the other; the others are named in the log."""

from collections.abc import Callable, Iterator
from pathlib import Path

from coldwave.histories.listens import Batch
from coldwave.histories.members import Member, log_left_out, members


def read_parts(
    path: Path,
    recognises: Callable[[Path | None, bytes], bool],
    read: Callable[[Member], Iterator[Batch]],
    words: str,
) -> Iterator[Batch]:
    """Read each file of a history that is in the format. A path that is one file is read whatever it holds.

    Raises
    ------
    InputError
        A file is damaged.
    """
    left_out = []
    for member in members(path):
        if member.damage:
            raise member.damage
        if member.name == str(path) or recognises(member.path, member.head):
            yield from read(member)
        elif member.head:
            left_out.append(member.name)
    log_left_out(path, left_out, words)
