"""linear: ridge regression from song features to factors."""


rule fit_linear:
    input:
        split=settled("<results>/split/split.parquet"),
        features=song_features,
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
    output:
        weights=WEIGHTS,
        left_out=LEFT_OUT,
        curve=CURVE,
    log:
        "<results>/logs/fit_linear/{model}/{seed}.log",
    benchmark:
        "<results>/timings/fit_linear/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("linear")),
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: side_by_side("fit_linear")
    resources:
        mem_mb=memory_of("fit_linear"),
        runtime=minutes_of("fit_linear"),
    params:
        options=model_options,
        code=code("fit_linear.py"),
    script:
        "../../scripts/fit_linear.py"


rule predict_linear:
    input:
        weights=settled(WEIGHTS),
        left_out=settled(LEFT_OUT),
        features=song_features,
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_linear/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_linear/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("linear")),
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_linear")
    resources:
        mem_mb=memory_of("predict_linear"),
        runtime=minutes_of("predict_linear"),
    params:
        options={},
        code=code("predict_linear.py"),
    script:
        "../../scripts/predict_linear.py"
