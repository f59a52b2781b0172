"""cnn: the convolutional network on log-mel windows."""


include: "cnn_inputs.smk"


NETWORKS = len(for_models(WEIGHTS, models_of("cnn")))  # that are trained


rule train_cnn:
    input:
        unpack(plays_and_users),
        split=settled("<results>/split/split.parquet"),
        index=settled("<results>/audio/index.parquet"),
        log_mels=settled(*LOG_MELS),
        song_factors=settled("<results>/wmf/song_factors.npy"),
    output:
        weights=WEIGHTS,
        curve=CURVE,
    log:
        "<results>/logs/train_cnn/{model}/{seed}.log",
    benchmark:
        "<results>/timings/train_cnn/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("cnn")),
    priority: longest_first
    conda:
        "../../envs/cnn.yaml"
    threads: side_by_side("train_cnn", NETWORKS)
    resources:
        mem_mb=memory_of("train_cnn"),
        runtime=minutes_of("train_cnn"),
        gpu=gpus,
        nodes=on_nodes(),
        tasks=on_nodes(),
        tasks_per_gpu=on_nodes(0),
        mpi=on_nodes("srun"),
    params:
        options=cnn_options,
        cache=cache_folder,
        code=code("train_cnn.py"),
    script:
        "../../scripts/train_cnn.py"


rule predict_cnn:
    input:
        weights=settled(WEIGHTS),
        index=settled("<results>/audio/index.parquet"),
        log_mels=settled(*LOG_MELS),
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_cnn/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_cnn/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("cnn")),
    conda:
        "../../envs/cnn.yaml"
    threads: side_by_side("predict_cnn", NETWORKS)
    resources:
        mem_mb=memory_of("predict_cnn"),
        runtime=minutes_of("predict_cnn"),
        gpu=gpu_by_name,
    params:
        options={},
        code=code("predict_cnn.py"),
    script:
        "../../scripts/predict_cnn.py"
