"""predictions: scores or vectors made elsewhere, read by id."""


include: "predictions_inputs.smk"


rule read_scores:
    input:
        source=brought("scores"),
        users="<results>/plays/users.parquet",
        songs="<results>/plays/songs.parquet",
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
        rejected=REJECTED_PREDICTIONS,
    log:
        "<results>/logs/read_scores/{model}/{seed}.log",
    benchmark:
        "<results>/timings/read_scores/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("predictions")),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("read_scores")
    resources:
        mem_mb=memory_of("read_scores"),
        runtime=minutes_of("read_scores"),
    params:
        options=brought_options("user", "song", "score", "delimiter"),
        code=code("read_scores.py"),
    script:
        "../../scripts/read_scores.py"


rule read_vectors:
    input:
        source=brought("songs"),
        source_users=brought("users"),
        users="<results>/plays/users.parquet",
        songs="<results>/plays/songs.parquet",
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
        rejected=REJECTED_PREDICTIONS,
    log:
        "<results>/logs/read_vectors/{model}/{seed}.log",
    benchmark:
        "<results>/timings/read_vectors/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("predictions by vectors")),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("read_vectors")
    resources:
        mem_mb=memory_of("read_vectors"),
        runtime=minutes_of("read_vectors"),
    params:
        options=brought_options("user", "song", "delimiter"),
        code=code("read_vectors.py"),
    script:
        "../../scripts/read_vectors.py"


rule read_factors:
    input:
        source=brought("songs"),
        songs="<results>/plays/songs.parquet",
        user_factors="<results>/wmf/user_factors.npy",
    output:
        predictions=PREDICTIONS,
        rejected=REJECTED_PREDICTIONS,
    log:
        "<results>/logs/read_factors/{model}/{seed}.log",
    benchmark:
        "<results>/timings/read_factors/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("predictions of factors")),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("read_factors")
    resources:
        mem_mb=memory_of("read_factors"),
        runtime=minutes_of("read_factors"),
    params:
        options=brought_options("song", "delimiter"),
        code=code("read_factors.py"),
    script:
        "../../scripts/read_factors.py"


KEPT += for_models(REJECTED_PREDICTIONS, models_with("brought"))
