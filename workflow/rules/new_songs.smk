"""new_songs: songs without plays, predicted by what a finished run has learnt. `snakemake -- predict_new` asks for them.

No rule here learns, or asks for a rule that does: `learnt` gives the run's files as they are.
"""


rule read_new_songs:
    input:
        catalogue=new_songs_source,
    output:
        songs=NEW_SONGS,
        rejected="<results>/new_songs/rejected.parquet",
    log:
        "<results>/logs/read_new_songs.log",
    benchmark:
        "<results>/timings/read_new_songs.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 4
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        options=songs_read(SETTINGS, "new_songs"),
        catalogue_state=new_songs_state,
        code=code("read_new_songs.py"),
    script:
        "../../scripts/read_new_songs.py"


use rule shard_songs as shard_new_songs with:
    input:
        songs=NEW_SONGS,
    output:
        manifests=expand(NEW_MANIFEST, shard=NEW_SHARDS),
    log:
        "<results>/logs/shard_new_songs.log",
    benchmark:
        "<results>/timings/shard_new_songs.tsv"
    params:
        options=options("new_songs", "shards"),
        audio=new_audio_files_state,
    message:
        # like that of shard_songs, for the same reason
        "Sharing out the new songs among {params.options[shards]} shards"


checkpoint settle_new_shards:
    input:
        rules.shard_new_songs.output.manifests[0],
    output:
        touch("<results>/new_songs/audio/settled"),


use rule extract_log_mel as extract_new_log_mel with:
    input:
        manifest=new_settled(NEW_MANIFEST),
    output:
        log_mel=NEW_LOG_MEL,
        table=NEW_TABLE,
    log:
        "<results>/logs/extract_new_log_mel/{shard}.log",
    benchmark:
        "<results>/timings/extract_new_log_mel/{shard}.tsv"
    wildcard_constraints:
        shard=one_of(NEW_SHARDS),


use rule index_audio as index_new_songs with:
    input:
        songs=new_settled(NEW_SONGS),
        tables=new_settled(*expand(NEW_TABLE, shard=NEW_SHARDS)),
    output:
        index=NEW_INDEX,
    log:
        "<results>/logs/index_new_songs.log",
    benchmark:
        "<results>/timings/index_new_songs.tsv"
    params:
        options={"new": True},
        code=code("index_audio.py"),


rule list_new_songs:
    input:
        songs=new_settled(NEW_SONGS),
        predictions=new_settled(*for_models(NEW_PREDICTIONS, NEW_LISTED)),
        catalogue=learnt("plays/songs.parquet"),
        catalogue_predictions=learnt(*for_models(PREDICTIONS, NEW_LISTED)),
        users=learnt("plays/users.parquet"),
        user_factors=learnt("wmf/user_factors.npy"),
    output:
        best="<results>/new_songs/users.parquet",
        neighbours="<results>/new_songs/neighbours.parquet",
    log:
        "<results>/logs/list_new_songs.log",
    benchmark:
        "<results>/timings/list_new_songs.tsv"
    conda:
        "../../envs/learning.yaml"
    threads: 4
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        options=options("new_songs", "users", "neighbours"),
        code=code("list_new_songs.py"),
    script:
        "../../scripts/list_new_songs.py"


NEW_KEPT += rules.read_new_songs.output
if AUDIO_MODELS:
    NEW_KEPT += rules.shard_new_songs.output
    NEW_KEPT += rules.settle_new_shards.output
    NEW_KEPT += expand(rules.extract_new_log_mel.output, shard=NEW_SHARDS)
    NEW_KEPT += rules.index_new_songs.output
if NEW_LISTED:
    NEW_KEPT += rules.list_new_songs.output
