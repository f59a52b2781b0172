"""audio: log-mel spectrograms, in shards that a new song leaves alone."""


include: "audio_inputs.smk"


rule shard_songs:
    input:
        songs="<results>/plays/songs.parquet",
    output:
        manifests=expand(MANIFEST, shard=SHARDS),
    log:
        "<results>/logs/shard_songs.log",
    benchmark:
        "<results>/timings/shard_songs.tsv"
    priority: SOON
    conda:
        "../../envs/audio.yaml"
    threads: threads_of("shard_songs")
    resources:
        mem_mb=memory_of("shard_songs"),
        runtime=minutes_of("shard_songs"),
    params:
        options=options("audio", "shards"),
        cache=cache_folder,
        audio=audio_files_state,
        code=code("shard_songs.py"),
    message:
        # For a message, Snakemake evaluates the parameters again before the job starts. Without it, a run on a cluster
        # would record their values from before the songs table existed, and the next run would repeat this job.
        "Sharing out the songs among {params.options[shards]} shards"
    script:
        "../../scripts/shard_songs.py"


checkpoint settle_shards:
    # Rules that wait for the shards ask for this one empty file, as Snakemake lists all outputs of a checkpoint at each
    # request. One manifest stands for all, as a single job makes them.
    input:
        rules.shard_songs.output.manifests[0],
    output:
        touch("<results>/audio/settled"),


rule extract_log_mel:
    input:
        manifest=settled(MANIFEST),
    output:
        log_mel="<results>/audio/log_mel/{shard}.npy",
        table="<results>/audio/log_mel/{shard}.parquet",
    log:
        "<results>/logs/extract_log_mel/{shard}.log",
    benchmark:
        "<results>/timings/extract_log_mel/{shard}.tsv"
    wildcard_constraints:
        shard=one_of(SHARDS),
    priority: SOON
    conda:
        "../../envs/audio.yaml"
    threads: side_by_side("extract_log_mel", len(SHARDS))
    resources:
        mem_mb=memory_of("extract_log_mel"),
        runtime=minutes_of("extract_log_mel"),
    params:
        options=log_mel_read(SETTINGS),
        cache=cache_folder,
        code=code("extract_log_mel.py"),
    script:
        "../../scripts/extract_log_mel.py"


rule index_audio:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        tables=settled(*expand("<results>/audio/log_mel/{shard}.parquet", shard=SHARDS)),
    output:
        index="<results>/audio/index.parquet",
    log:
        "<results>/logs/index_audio.log",
    benchmark:
        "<results>/timings/index_audio.tsv"
    priority: SOON
    conda:
        "../../envs/audio.yaml"
    threads: threads_of("index_audio")
    resources:
        mem_mb=memory_of("index_audio"),
        runtime=minutes_of("index_audio"),
    params:
        options={},
        code=code("index_audio.py"),
    script:
        "../../scripts/index_audio.py"


if AUDIO_MODELS:
    KEPT += rules.shard_songs.output
    KEPT += rules.settle_shards.output
if LOG_MEL_MODELS:
    KEPT += expand(rules.extract_log_mel.output, shard=SHARDS)
    KEPT += rules.index_audio.output
