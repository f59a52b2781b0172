"""contrastive: a tower whose song vectors tell which song a user has played, from the user's other songs."""


rule train_contrastive:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        split=settled("<results>/split/split.parquet"),
        features=song_features,
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
    output:
        weights=WEIGHTS,
        curve=CURVE,
    log:
        "<results>/logs/train_contrastive/{model}/{seed}.log",
    benchmark:
        "<results>/timings/train_contrastive/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("contrastive")),
    priority: SOON
    conda:
        "../../envs/contrastive.yaml"
    threads: threads_of("train_contrastive")  # more would add in another order
    resources:
        mem_mb=memory_of("train_contrastive"),
        runtime=minutes_of("train_contrastive"),
        gpu=gpu_by_name,
    params:
        options=model_options,
        code=code("train_contrastive.py"),
    script:
        "../../scripts/train_contrastive.py"


rule predict_contrastive:
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
        "<results>/logs/predict_contrastive/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_contrastive/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("contrastive")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_contrastive")
    resources:
        mem_mb=memory_of("predict_contrastive"),
        runtime=minutes_of("predict_contrastive"),
    params:
        options={},
        code=code("predict_contrastive.py"),
    script:
        "../../scripts/predict_contrastive.py"
