"""What the plays are read from."""

from workflow.consistency import filters_users
from workflow.effective import cuts_plays, plays_read

# Where plays tell their times and songs are tested by date, a rule after the split takes out what is too late.
CUTS_PLAYS = cuts_plays(SETTINGS)
ALL_PLAYS = f"<results>/plays/{'all_plays' if CUTS_PLAYS else 'plays'}.parquet"


def plays_inputs():
    """The files that the plays stage reads: plays and, if named, the songs table and ids to leave out."""
    plays = SETTINGS["plays"]
    named = {"source": plays["path"], "catalogue": plays["songs"]["path"], "excluded": plays["songs"]["exclude"]}
    named["given"] = SETTINGS["split"]["path"] if filters_users(SETTINGS) else None
    return {name: path for name, path in named.items() if path}


def catalogue_state(wildcards):
    """Digest of what the catalogue's folder of audio holds, where it is one."""
    return state_of_songs(SETTINGS["plays"]["songs"]["path"])
