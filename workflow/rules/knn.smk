"""knn: songs that are like those that a user has played, by their features, without learning."""


rule predict_knn:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        users=settled("<results>/plays/users.parquet"),
        split=settled("<results>/split/split.parquet"),
        features=song_features,
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
    log:
        "<results>/logs/predict_knn/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_knn/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("knn")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_knn")
    resources:
        mem_mb=memory_of("predict_knn"),
        runtime=minutes_of("predict_knn"),
    params:
        options={},
        code=code("predict_knn.py"),
    script:
        "../../scripts/predict_knn.py"
