"""mlr: metric learning to rank on song features."""


rule fit_mlr:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        users=settled("<results>/plays/users.parquet"),
        split=settled("<results>/split/split.parquet"),
        features=song_features,
    output:
        weights=WEIGHTS,
        curve=CURVE,
    log:
        "<results>/logs/fit_mlr/{model}/{seed}.log",
    benchmark:
        "<results>/timings/fit_mlr/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("mlr")),
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("fit_mlr")
    resources:
        mem_mb=memory_of("fit_mlr"),
        runtime=minutes_of("fit_mlr"),
    params:
        options=model_options,
        code=code("fit_mlr.py"),
    script:
        "../../scripts/fit_mlr.py"


rule predict_mlr:
    input:
        weights=settled(WEIGHTS),
        plays=settled("<results>/plays/plays.parquet"),
        users=settled("<results>/plays/users.parquet"),
        split=settled("<results>/split/split.parquet"),
        features=song_features,
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
    log:
        "<results>/logs/predict_mlr/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_mlr/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("mlr")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_mlr")
    resources:
        mem_mb=memory_of("predict_mlr"),
        runtime=minutes_of("predict_mlr"),
    params:
        options={},
        code=code("predict_mlr.py"),
    script:
        "../../scripts/predict_mlr.py"
