"""The checks of the leakage audit: a table with a row for each.

``files`` names the run's files as the rules do: split, songs, plays, users, user_factors, song_factors, fitted_songs;
index, log_mels, counts, codebook, frame_scale, codebook_songs, pca_mean, pca_components, pca_songs, features if the run
has them; ``weights``, ``audio_predictions``, ``audio_users``, ``song_features`` and ``scaling`` (vectors of embeddings
and encoders, and what is learnt of them) are lists of files.
"""

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from coldwave.audit.canary import DIFFERS, ELSEWHERE, SAME, Canary, learn_again
from coldwave.audit.learners import canaries
from coldwave.audit.provenance import forbidden_inputs, strange_songs
from coldwave.errors import InputError
from coldwave.files import read_array, read_table
from coldwave.models.weights import read_fitted_on
from coldwave.split.check import check_parts
from coldwave.split.parts import TRAIN, VALIDATION

LEAKAGE = {"check": pl.String, "of": pl.String, "result": pl.String, "detail": pl.String}
PASSED, BY_PROTOCOL, FAILED, UNKNOWN = "passed", "by protocol", "failed", "cannot be checked"
FITTED = {"fitted_songs": "user_factors", "codebook_songs": "codebook", "pca_songs": "pca_components"}
Files = Mapping[str, Any]


class Check(NamedTuple):
    """One row of the table."""

    check: str
    of: str
    result: str
    detail: str


def audit(
    files: Files, options: Mapping[str, Any], scripts: Path, cache: Path, threads: int
) -> tuple[pl.DataFrame, list[Check]]:
    """Run all checks: the table of them, and those that failed.

    Parameters
    ----------
    options : by (of the split), protocol, inputs (rule: paths), forbidden (beginnings of paths), refits (models fitted
        on validation songs too), brought (models made elsewhere: their files), seed, canary (what to learn again, as
        `canaries` takes it)
    scripts : the folder of the rules' scripts
    cache : folder that canaries may write into

    Raises
    ------
    InputError
        The parts of the split overlap, so that nothing else can be checked; or a script fails.
    """
    split, songs = read_table(files["split"]), read_table(files["songs"])
    check_parts(split, songs, options["by"], files["split"])
    sizes = ", ".join(f"{count:,} {part}" for part, count in split["part"].value_counts().sort("part").iter_rows())
    rows = [Check("parts do not overlap", _shown(files["split"]), PASSED, f"{sizes} songs")]
    split, songs = split.sort("song"), songs.sort("song")
    rows += fitted_checks(files, split, songs, options["protocol"], options["refits"])
    rows += brought_checks(options["brought"])
    rows += input_checks(options["inputs"], options["forbidden"])
    learners = canaries(files, options, scripts, cache, threads)
    for canary, verdicts in zip(learners, learn_again(learners, scripts, cache / "audit", threads), strict=True):
        rows += canary_checks(canary, verdicts, options["protocol"])
    return pl.DataFrame(rows, schema=LEAKAGE, orient="row"), [row for row in rows if row.result == FAILED]


def refuse_leaks(failed: list[Check]) -> None:
    """Raise an error if a check failed.

    Raises
    ------
    InputError
        A check failed; the message has a line for each.
    """
    if failed:
        lines = [f"{row.of}: {row.detail} ({row.check})" for row in failed]
        raise InputError(
            "held-out songs may have leaked into what is learnt. Fix the rule that makes each of these files, delete "
            "the file and run again:\n  " + "\n  ".join(lines)
        )


def fitted_checks(
    files: Files, split: pl.DataFrame, songs: pl.DataFrame, protocol: str, refits: Container[str] = ()
) -> list[Check]:
    """Check that the learnt files were fitted on training songs, by what they record.

    ``refits`` names the models that are fitted on training and validation songs together.
    """
    rows = []
    recorded = {files[of]: read_array(files[record]) for record, of in FITTED.items() if files.get(of)}
    recorded |= {path: read_fitted_on(path) for path in files["weights"]}
    for path, fitted in recorded.items():
        refitted = path.parent.name in refits and path in files["weights"]
        check = "fitted on no test song" if refitted else "fitted on training songs alone"
        if fitted is None:
            rows.append(Check(check, _shown(path), FAILED, "it does not say which songs it was fitted on"))
        elif protocol == "transductive" and path == files["user_factors"]:
            seen = f"sees the plays of all {len(split):,} songs"
            rows.append(
                Check(check, _shown(path), BY_PROTOCOL, seen)
                if len(fitted) == len(split) and fitted.all()
                else Check(
                    check, _shown(path), FAILED, "the protocol is transductive, but it was not fitted on all songs"
                )
            )
        else:
            strange = strange_songs(fitted, split, songs, (TRAIN, VALIDATION) if refitted else (TRAIN,))
            detail = strange or f"{int(fitted.sum()):,} songs"
            rows.append(Check(check, _shown(path), FAILED if strange else PASSED, detail))
    return rows


def brought_checks(brought: Mapping[str, list[str]]) -> list[Check]:
    """Say of models that were made elsewhere, from files, that nothing can be checked: no row passes them."""
    return [
        Check("learnt from no test song", f"predictions/{name}", UNKNOWN, f"made elsewhere: {', '.join(files)}")
        for name, files in brought.items()
    ]


def input_checks(inputs: Mapping[str, list[str]], forbidden: list[str]) -> list[Check]:
    """Check that rules that learn do not read what is known only later.

    Parameters
    ----------
    inputs : from each rule to the paths that it reads, ``results/<run>/<stage>/…``
    forbidden : beginnings of paths
    """
    rows = []
    for rule, found in forbidden_inputs(inputs, forbidden).items():
        bad = f"it reads {', '.join(found)}, which hold what test songs' plays say"
        stages = sorted({Path(path).parts[2] for path in inputs[rule]})
        good = f"reads what is made by {', '.join(stages)}; nothing of the evaluation or of the upper bound"
        rows.append(Check("reads nothing of the evaluation", rule, FAILED if found else PASSED, bad if found else good))
    return rows


def canary_checks(canary: Canary, verdicts: Mapping[str, str], protocol: str) -> list[Check]:
    """Make the rows of a canary from its verdicts."""
    check, rows = f"the same whatever the {canary.what}", []
    for output, found in verdicts.items():
        of = _shown(canary.made[output]) + ", training songs" * (output in canary.rows)
        of += ", learnt in short" * canary.short
        factors = canary.script == "factorise_plays.py" and output in ("user_factors", "song_factors")
        if protocol == "transductive" and factors:
            if found == DIFFERS:
                rows.append(Check(check, of, BY_PROTOCOL, "differs: sees all plays"))
            else:
                rows.append(Check(check, of, FAILED, f"the protocol is transductive, but it is {found}"))
        else:
            rows.append(Check(check, of, PASSED if found in (SAME, ELSEWHERE) else FAILED, found))
    return rows


def _shown(path: Path) -> str:
    """Shorten a path to the end that identifies it: ``wmf/user_factors.npy``, ``models/linear/1.safetensors``."""
    parts = path.parts
    return "/".join(parts[-3:] if "models" in parts[-3:] else parts[-2:])
