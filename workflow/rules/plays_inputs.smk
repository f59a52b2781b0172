"""What the plays are read from."""

from workflow.effective import cut_read, cuts_plays, history_read, plays_read
from workflow.plays_checks import filters_users, reads_history

# Where plays tell their times and songs are tested by date, a rule after the split takes out what is too late.
CUTS_PLAYS = cuts_plays(SETTINGS)
ALL_PLAYS = f"<results>/plays/{'all_plays' if CUTS_PLAYS else 'plays'}.parquet"
# The plays of a listening history, once its tracks are matched to songs.
HISTORY = "<results>/plays/history.parquet"


def given_files():
    """The user's files that the plays stage reads: plays and, if named, the songs table and ids to leave out."""
    plays = SETTINGS["plays"]
    named = {"source": plays["path"], "catalogue": plays["songs"]["path"], "excluded": plays["songs"]["exclude"]}
    named["given"] = SETTINGS["split"]["path"] if filters_users(SETTINGS) else None
    return {name: watched(path) for name, path in named.items() if path} | further_tables()


def further_tables():
    """The songs tables that fill in what the songs table lacks."""
    songs = SETTINGS["plays"]["songs"]
    return {"also": songs["also"]} if songs["also"] else {}


def plays_inputs():
    """The files that `read_plays` reads: those of the user, or what a history was made to."""
    made = {"source": HISTORY, "set_aside": "<results>/plays/history_rejected.parquet"}
    return given_files() | (made if reads_history(SETTINGS) else {})


def histories():
    """The histories that are read as one."""
    return [SETTINGS["plays"]["path"], *SETTINGS["plays"]["history"]["also"]]


def history_inputs():
    """The files that `match_history` reads: histories, the songs table and, if named, what corrects the matching."""
    plays = SETTINGS["plays"]
    named = {name: plays["matching"][name] for name in ("overrides", "redirects") if plays["matching"][name]}
    named |= further_tables()
    return named | {"source": [*map(watched, histories())], "catalogue": watched(plays["songs"]["path"])}


def catalogue_state(wildcards):
    """Digest of what the catalogue's folder of audio holds, where it is one."""
    return state_of_songs(SETTINGS["plays"]["songs"]["path"])


def plays_state(wildcards):
    """Digest of what a folder of plays holds, where the plays are one and no history."""
    path = SETTINGS["plays"]["path"]
    return folder_state(path) if not reads_history(SETTINGS) and Path(path).is_dir() else None


def history_state(wildcards):
    """Digests of what folders of histories hold, where they are folders."""
    return [folder_state(path) if Path(path).is_dir() else None for path in histories()]
