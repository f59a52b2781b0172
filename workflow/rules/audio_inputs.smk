"""The shards that audio is extracted in, and what their checkpoint reruns for."""

from coldwave.audio.shards import shard_names
from workflow.effective import log_mel_read

SHARDS = shard_names(SETTINGS["audio"]["shards"])
MANIFEST = "<results>/audio/manifests/{shard}.parquet"
LOG_MELS = expand("<results>/audio/log_mel/{shard}.npy", shard=SHARDS)

# Why songs have no usable audio: by the log-mels, or by the first encoder where no model needs these.
INDEXES = ["<results>/audio/index.parquet"] if LOG_MEL_MODELS else []
INDEXES += [f"<results>/encoders/{encoder}.index.parquet" for encoder in sources_of("encoders")]
AUDIO_INDEX = next(iter(INDEXES), None)


def audio_files_state(wildcards):
    """Digest of path, size and time of every audio file: what the checkpoint reruns for.

    It does not take the rule's input: Snakemake leaves parameters made from inputs out of what reruns a job.
    """
    return audio_state(f"results/{SETTINGS['run']}/plays/songs.parquet")
