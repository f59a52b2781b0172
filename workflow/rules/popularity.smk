"""popularity: an oracle that knows how many users each song has, test songs included."""


rule predict_popularity:
    input:
        users="<results>/plays/users.parquet",
        songs="<results>/plays/songs.parquet",
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
    log:
        "<results>/logs/predict_popularity/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_popularity/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("popularity")),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("predict_popularity")
    resources:
        mem_mb=memory_of("predict_popularity"),
        runtime=minutes_of("predict_popularity"),
    params:
        options={},
        code=code("predict_popularity.py"),
    script:
        "../../scripts/predict_popularity.py"
