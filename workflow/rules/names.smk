"""names: effects of artist and album, alone or on what an audio model leaves."""


rule predict_names:
    input:
        songs="<results>/plays/songs.parquet",
        split="<results>/split/split.parquet",
        user_factors="<results>/wmf/user_factors.npy",
        song_factors="<results>/wmf/song_factors.npy",
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_names/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_names/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("names")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_names")
    resources:
        mem_mb=memory_of("predict_names"),
        runtime=minutes_of("predict_names"),
    params:
        options=model_options,
        code=code("predict_names.py"),
    script:
        "../../scripts/predict_names.py"


rule stack_names:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
        audio=audio_predictions,
        audio_weights=audio_weights,
    output:
        weights=WEIGHTS,
    log:
        "<results>/logs/stack_names/{model}/{seed}.log",
    benchmark:
        "<results>/timings/stack_names/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("names + audio")),
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: side_by_side("stack_names")
    resources:
        mem_mb=memory_of("stack_names"),
        runtime=minutes_of("stack_names"),
    params:
        options=stack_options,
        code=code("stack_names.py"),
    script:
        "../../scripts/stack_names.py"


use rule predict_names as predict_stacked_names with:
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
        "<results>/logs/predict_stacked_names/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_stacked_names/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("names + audio")),
