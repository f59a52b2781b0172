"""Find where the streams of an Ogg file begin and end: they may be chained, and decoders read only the first."""

import mmap

_BEGINS = 2  # a flag of a stream's first page


def ogg_links(data: mmap.mmap | bytes) -> list[tuple[int, int]]:
    """Return the first byte and the byte after the last of each chained stream (multiplexed ones count as one)."""
    begins, beginning, place = [], False, 0
    while 0 <= place <= len(data) - 27:
        if data[place : place + 4] != b"OggS":
            place = data.find(b"OggS", place + 1)
            continue
        was_beginning, beginning = beginning, bool(data[place + 5] & _BEGINS)
        if beginning and not was_beginning:
            begins.append(place)
        segments = data[place + 26]
        place += 27 + segments + sum(data[place + 27 : place + 27 + segments])
    return list(zip(begins, [*begins[1:], len(data)], strict=True)) if begins else []


def ends_within_a_page(data: mmap.mmap | bytes) -> bool:
    """Return whether an Ogg file ends within a page (a page has at most 65,307 bytes).

    A file whose last page is whole, but not marked as the end of its stream, is taken as it is: a cut seldom falls
    between two pages, and recordings of radio streams always lack the mark.
    """
    place = data.rfind(b"OggS", max(0, len(data) - 65_307))
    if place < 0:
        return False
    page = data[place:]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return 27 + page[26] + sum(page[27 : 27 + page[26]]) > len(page)
