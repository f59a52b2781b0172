"""The shards that audio is extracted in, and what their checkpoint reruns for."""

from coldwave.audio.shards import shard_names

SHARDS = shard_names(SETTINGS["audio"]["shards"])
MANIFEST = "<results>/audio/manifests/{shard}.parquet"
LOG_MELS = expand("<results>/audio/log_mel/{shard}.npy", shard=SHARDS)


def audio_files_state(wildcards):
    """Digest of path, size and time of every audio file: what the checkpoint reruns for.

    It does not take the rule's input: Snakemake leaves parameters made from inputs out of what reruns a job.
    """
    return audio_state(f"results/{SETTINGS['run']}/plays/songs.parquet")
