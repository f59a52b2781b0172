"""What the plays are read from."""

from workflow.effective import plays_read


def plays_inputs():
    """The files that the plays stage reads: plays and, if named, the songs table and ids to leave out."""
    plays = SETTINGS["plays"]
    named = {"source": plays["path"], "catalogue": plays["songs"]["path"], "excluded": plays["songs"]["exclude"]}
    return {name: path for name, path in named.items() if path}


def catalogue_state(wildcards):
    """Digest of what the catalogue's folder of audio holds, where it is one."""
    return state_of_songs(SETTINGS["plays"]["songs"]["path"])
