"""metadata: shrunk mean factors of the artist's or album's known songs, alone or with an audio model."""


rule predict_metadata:
    input:
        songs="<results>/plays/songs.parquet",
        split="<results>/split/split.parquet",
        user_factors="<results>/wmf/user_factors.npy",
        song_factors="<results>/wmf/song_factors.npy",
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_metadata/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_metadata/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("metadata")),
    conda:
        "../../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        options=model_options,
        code=code("predict_metadata.py"),
    script:
        "../../scripts/predict_metadata.py"


rule stack_metadata:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
        audio=audio_predictions,
        audio_weights=audio_weights,
    output:
        weights=WEIGHTS,
        curve=CURVE,
    log:
        "<results>/logs/stack_metadata/{model}/{seed}.log",
    benchmark:
        "<results>/timings/stack_metadata/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("metadata + audio")),
    conda:
        "../../envs/learning.yaml"
    threads: 4
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        options=stack_options,
        code=code("stack_metadata.py"),
    script:
        "../../scripts/stack_metadata.py"


use rule predict_metadata as predict_stacked_metadata with:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
        audio=audio_predictions,
        weights=settled(WEIGHTS),
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_stacked_metadata/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_stacked_metadata/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("metadata + audio")),
