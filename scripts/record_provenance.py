"""Record the run's inputs, settings and software, and the digest of every file that it made."""

import json
from pathlib import Path

from coldwave.encoders.about import about
from coldwave.files import write_text
from coldwave.job import run
from coldwave.provenance.record import provenance


def main(
    *,
    source: Path,
    kept: list[Path],
    record: Path,
    options: dict,
    catalogue: Path = None,
    excluded: Path = None,
    brought: list[Path] = (),
    also: list[Path] = (),
) -> None:
    """``options``: config (as text), seeds and data (a note, or empty); brought, the settings of those files; encoders.

    The encoders are those that models take, by name, each with its network and licence.
    """
    root = record.parent
    known = {key: options[key] for key in ("config", "data", "seeds")}
    known["encoders"] = {name: about(entry) for name, entry in options["encoders"].items()}
    named = {"plays": source, "songs": catalogue, "excluded": excluded}
    named |= {f"songs.also.{place}": path for place, path in enumerate(also)}
    named |= dict(zip(options.get("brought", ()), brought, strict=True))
    inputs = {name: path for name, path in named.items() if path}
    found = provenance(inputs, kept, root, root / "timings", known)
    write_text(record, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


run(main)
