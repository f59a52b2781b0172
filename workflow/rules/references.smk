"""The reference models: random, mean, and usage (the upper bound), held out and in sample."""


rule predict_random:
    input:
        users="<results>/plays/users.parquet",
        songs="<results>/plays/songs.parquet",
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
    log:
        "<results>/logs/predict_random/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_random/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("random")),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("predict_random")
    resources:
        mem_mb=memory_of("predict_random"),
        runtime=minutes_of("predict_random"),
    params:
        options={},
        code=code("predict_random.py"),
    script:
        "../../scripts/predict_random.py"


rule predict_mean:
    input:
        split="<results>/split/split.parquet",
        song_factors="<results>/wmf/song_factors.npy",
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_mean/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_mean/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("mean")),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("predict_mean")
    resources:
        mem_mb=memory_of("predict_mean"),
        runtime=minutes_of("predict_mean"),
    params:
        options={},
        code=code("predict_mean.py"),
    script:
        "../../scripts/predict_mean.py"


rule predict_usage:
    input:
        **chosen_wmf(*FOLDING),
        plays="<results>/plays/plays.parquet",
        split="<results>/split/split.parquet",
        user_factors="<results>/wmf/user_factors.npy",
        song_factors="<results>/wmf/song_factors.npy",
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
    log:
        "<results>/logs/predict_usage/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_usage/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("usage")),
    conda:
        "../../envs/learning.yaml"
    threads: side_by_side("predict_usage")
    resources:
        mem_mb=memory_of("predict_usage"),
        runtime=minutes_of("predict_usage"),
    params:
        options=wmf_options(*FOLDING, seed=SEED),
        code=code("predict_usage.py"),
    script:
        "../../scripts/predict_usage.py"


rule predict_usage_in_sample:
    input:
        song_factors="<results>/wmf/song_factors.npy",
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_usage_in_sample/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_usage_in_sample/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("usage in sample")),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("predict_usage_in_sample")
    resources:
        mem_mb=memory_of("predict_usage_in_sample"),
        runtime=minutes_of("predict_usage_in_sample"),
    params:
        options={},
        code=code("predict_usage_in_sample.py"),
    script:
        "../../scripts/predict_usage_in_sample.py"
