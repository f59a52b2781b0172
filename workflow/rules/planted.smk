"""planted: ridge regression from the demo world's planted traits to the factors, a reference."""


rule predict_planted:
    input:
        truth="<results>/world/truth.parquet",
        songs="<results>/plays/songs.parquet",
        split="<results>/split/split.parquet",
        user_factors="<results>/wmf/user_factors.npy",
        song_factors="<results>/wmf/song_factors.npy",
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_planted/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_planted/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("planted", "planted order-free", "planted all")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_planted")
    resources:
        mem_mb=memory_of("predict_planted"),
        runtime=minutes_of("predict_planted"),
    params:
        options=model_options,
        code=code("predict_planted.py"),
    script:
        "../../scripts/predict_planted.py"
