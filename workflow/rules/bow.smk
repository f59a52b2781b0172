"""bow: bag of words over MFCC frames, and its principal components."""


rule learn_codebook:
    input:
        split=settled("<results>/split/split.parquet"),
        index=settled("<results>/audio/index.parquet"),
        log_mels=settled(*LOG_MELS),
    output:
        codebook="<results>/bow/codebook.npy",
        frame_scale="<results>/bow/frame_scale.npy",
        codebook_songs="<results>/bow/codebook_songs.npy",
    log:
        "<results>/logs/learn_codebook.log",
    benchmark:
        "<results>/timings/learn_codebook.tsv"
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: side_by_side("learn_codebook")
    resources:
        mem_mb=memory_of("learn_codebook"),
        runtime=minutes_of("learn_codebook"),
    params:
        options=options("bow", "coefficients", "standardize", "words", "sample_frames", seed=SEED),
        code=code("learn_codebook.py"),
    script:
        "../../scripts/learn_codebook.py"


rule count_words:
    input:
        codebook=settled("<results>/bow/codebook.npy"),
        frame_scale=settled("<results>/bow/frame_scale.npy"),
        log_mel=settled("<results>/audio/log_mel/{shard}.npy"),
        table=settled("<results>/audio/log_mel/{shard}.parquet"),
    output:
        counts="<results>/bow/counts/{shard}.parquet",
    log:
        "<results>/logs/count_words/{shard}.log",
    benchmark:
        "<results>/timings/count_words/{shard}.tsv"
    wildcard_constraints:
        shard=one_of(SHARDS),
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("count_words")
    resources:
        mem_mb=memory_of("count_words"),
        runtime=minutes_of("count_words"),
    params:
        options=options("bow", "coefficients"),
        code=code("count_words.py"),
    script:
        "../../scripts/count_words.py"


rule reduce_counts:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        counts=settled(*expand("<results>/bow/counts/{shard}.parquet", shard=SHARDS)),
    output:
        pca_mean="<results>/bow/pca_mean.npy",
        pca_components="<results>/bow/pca_components.npy",
        pca_songs="<results>/bow/pca_songs.npy",
        features="<results>/bow/features.npy",
    log:
        "<results>/logs/reduce_counts.log",
    benchmark:
        "<results>/timings/reduce_counts.tsv"
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: side_by_side("reduce_counts")
    resources:
        mem_mb=memory_of("reduce_counts"),
        runtime=minutes_of("reduce_counts"),
    params:
        options=options("bow", "words", "variance"),
        code=code("reduce_counts.py"),
    script:
        "../../scripts/reduce_counts.py"


if sources_of("bow"):
    KEPT += rules.learn_codebook.output
    KEPT += expand(rules.count_words.output, shard=SHARDS)
    KEPT += rules.reduce_counts.output
