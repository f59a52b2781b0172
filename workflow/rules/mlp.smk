"""mlp: a multilayer perceptron from song features to factors."""


rule train_mlp:
    input:
        split=settled("<results>/split/split.parquet"),
        features=song_features,
        song_factors=settled("<results>/wmf/song_factors.npy"),
    output:
        weights=WEIGHTS,
        curve=CURVE,
    log:
        "<results>/logs/train_mlp/{model}/{seed}.log",
    benchmark:
        "<results>/timings/train_mlp/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("mlp")),
    priority: SOON
    conda:
        "../../envs/cnn.yaml"
    threads: threads_of("train_mlp")  # more would add in another order
    resources:
        mem_mb=memory_of("train_mlp"),
        runtime=minutes_of("train_mlp"),
    params:
        options=model_options,
        code=code("train_mlp.py"),
    script:
        "../../scripts/train_mlp.py"


rule predict_mlp:
    input:
        weights=settled(WEIGHTS),
        features=song_features,
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_mlp/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_mlp/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("mlp")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_mlp")
    resources:
        mem_mb=memory_of("predict_mlp"),
        runtime=minutes_of("predict_mlp"),
    params:
        options={},
        code=code("predict_mlp.py"),
    script:
        "../../scripts/predict_mlp.py"
