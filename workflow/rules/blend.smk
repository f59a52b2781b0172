"""blend: the scores of several models, normalised for each user, and added."""


rule learn_blend:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        split=settled("<results>/split/split.parquet"),
        audio=audio_predictions,
        audio_users=audio_users,
        audio_weights=audio_weights,
    output:
        weights=WEIGHTS,
    log:
        "<results>/logs/learn_blend/{model}/{seed}.log",
    benchmark:
        "<results>/timings/learn_blend/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("blend")),
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("learn_blend")
    resources:
        mem_mb=memory_of("learn_blend"),
        runtime=minutes_of("learn_blend"),
    params:
        options=blend_options,
        code=code("learn_blend.py"),
    script:
        "../../scripts/learn_blend.py"


rule predict_blend:
    input:
        audio=audio_predictions,
        audio_users=audio_users,
        weights=settled(WEIGHTS),
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
    log:
        "<results>/logs/predict_blend/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_blend/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("blend")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_blend")
    resources:
        mem_mb=memory_of("predict_blend"),
        runtime=minutes_of("predict_blend"),
    params:
        options={},
        code=code("predict_blend.py"),
    script:
        "../../scripts/predict_blend.py"
