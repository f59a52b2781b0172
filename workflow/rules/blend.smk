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
    conda:
        "../../envs/learning.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
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
    threads: 1
    resources:
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        options={},
        code=code("predict_blend.py"),
    script:
        "../../scripts/predict_blend.py"
