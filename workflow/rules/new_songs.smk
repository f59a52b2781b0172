"""new_songs: songs without plays, predicted by what a finished run has learnt. `snakemake predict_new` asks for them.

Nothing here learns, and nothing that learns is behind it: `learnt` gives the run's files as they are.
"""

NEW_SHARDS = shard_names(SETTINGS["new_songs"]["shards"])
NEW_SONGS = "<results>/new_songs/songs.parquet"
NEW_MANIFEST = "<results>/new_songs/audio/manifests/{shard}.parquet"
NEW_LOG_MEL = "<results>/new_songs/audio/log_mel/{shard}.npy"
NEW_TABLE = "<results>/new_songs/audio/log_mel/{shard}.parquet"
NEW_INDEX = "<results>/new_songs/audio/index.parquet"
NEW_COUNTS = "<results>/new_songs/bow/counts/{shard}.parquet"
NEW_FEATURES = "<results>/new_songs/bow/features.npy"
NEW_EMBEDDED = "<results>/new_songs/embeddings/{embedding}.features.npy"
NEW_PREDICTIONS = "<results>/new_songs/predictions/{model}/{seed}.npy"
NEW_LISTED = predicting_new(*WITH_FACTORS)


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
        # as that of shard_songs, and for the same reason
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


use rule count_words as count_new_words with:
    input:
        codebook=learnt("bow/codebook.npy"),
        frame_scale=learnt("bow/frame_scale.npy"),
        log_mel=new_settled(NEW_LOG_MEL),
        table=new_settled(NEW_TABLE),
    output:
        counts=NEW_COUNTS,
    log:
        "<results>/logs/count_new_words/{shard}.log",
    benchmark:
        "<results>/timings/count_new_words/{shard}.tsv"
    wildcard_constraints:
        shard=one_of(NEW_SHARDS),


rule project_new_counts:
    input:
        songs=new_settled(NEW_SONGS),
        counts=new_settled(*expand(NEW_COUNTS, shard=NEW_SHARDS)),
        pca_mean=learnt("bow/pca_mean.npy"),
        pca_components=learnt("bow/pca_components.npy"),
    output:
        features=NEW_FEATURES,
    log:
        "<results>/logs/project_new_counts.log",
    benchmark:
        "<results>/timings/project_new_counts.tsv"
    conda:
        "../../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        options={},
        code=code("project_new_counts.py"),
    script:
        "../../scripts/project_new_counts.py"


rule read_new_embeddings:
    input:
        songs=new_settled(NEW_SONGS),
        source=new_embedding_source,
        columns=learnt("embeddings/{embedding}.columns.parquet"),
        mean=learnt("embeddings/{embedding}.mean.npy"),
        scale=learnt("embeddings/{embedding}.scale.npy"),
    output:
        features=NEW_EMBEDDED,
        index="<results>/new_songs/embeddings/{embedding}.index.parquet",
        rejected="<results>/new_songs/embeddings/{embedding}.rejected.parquet",
    log:
        "<results>/logs/read_new_embeddings/{embedding}.log",
    benchmark:
        "<results>/timings/read_new_embeddings/{embedding}.tsv"
    wildcard_constraints:
        embedding=one_of(EMBEDDINGS),
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        options=new_embedding_options,
        code=code("read_new_embeddings.py"),
    script:
        "../../scripts/read_new_embeddings.py"


use rule predict_knn as predict_new_knn with:
    input:
        features=new_features,
    output:
        predictions=NEW_PREDICTIONS,
    log:
        "<results>/logs/predict_new_knn/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_new_knn/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(predicting_new("knn")),


use rule predict_mlr as predict_new_mlr with:
    input:
        weights=learnt("models/{model}/{seed}.safetensors"),
        features=new_features,
    output:
        predictions=NEW_PREDICTIONS,
    log:
        "<results>/logs/predict_new_mlr/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_new_mlr/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(predicting_new("mlr")),


use rule predict_linear as predict_new_linear with:
    input:
        weights=learnt("models/{model}/{seed}.safetensors"),
        features=new_features,
    output:
        predictions=NEW_PREDICTIONS,
    log:
        "<results>/logs/predict_new_linear/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_new_linear/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(predicting_new("linear")),


use rule predict_mlp as predict_new_mlp with:
    input:
        weights=learnt("models/{model}/{seed}.safetensors"),
        features=new_features,
    output:
        predictions=NEW_PREDICTIONS,
    log:
        "<results>/logs/predict_new_mlp/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_new_mlp/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(predicting_new("mlp")),


use rule predict_cnn as predict_new_cnn with:
    input:
        weights=learnt("models/{model}/{seed}.safetensors"),
        index=new_settled(NEW_INDEX),
        log_mels=new_settled(*expand(NEW_LOG_MEL, shard=NEW_SHARDS)),
    output:
        predictions=NEW_PREDICTIONS,
    log:
        "<results>/logs/predict_new_cnn/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_new_cnn/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(predicting_new("cnn")),


use rule predict_metadata as predict_new_metadata with:
    input:
        unpack(new_audio_predictions),
        catalogue=learnt("plays/songs.parquet"),
        split=learnt("split/split.parquet"),
        song_factors=learnt("wmf/song_factors.npy"),
        songs=new_settled(NEW_SONGS),
    output:
        predictions=NEW_PREDICTIONS,
    log:
        "<results>/logs/predict_new_metadata/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_new_metadata/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(predicting_new("metadata")),


rule list_new_songs:
    input:
        songs=new_settled(NEW_SONGS),
        predictions=new_settled(*for_models(NEW_PREDICTIONS, NEW_LISTED)),
        catalogue=learnt("plays/songs.parquet"),
        catalogue_predictions=learnt(*for_models("predictions/{model}/{seed}.npy", NEW_LISTED)),
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


# What `snakemake predict_new` asks for.
NEW_KEPT = [*rules.read_new_songs.output]
if LISTENERS:
    NEW_KEPT += rules.shard_new_songs.output
    NEW_KEPT += expand(rules.extract_new_log_mel.output, shard=NEW_SHARDS)
    NEW_KEPT += rules.index_new_songs.output
    NEW_KEPT += expand(rules.count_new_words.output, shard=NEW_SHARDS)
    NEW_KEPT += rules.project_new_counts.output
NEW_KEPT += expand(rules.read_new_embeddings.output, embedding=EMBEDDINGS)
NEW_KEPT += for_models(NEW_PREDICTIONS, PREDICT_NEW)
if NEW_LISTED:
    NEW_KEPT += rules.list_new_songs.output
