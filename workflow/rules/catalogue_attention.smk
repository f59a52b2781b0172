"""catalogue_attention: what is heard, effects of names, and attention to the other known songs of the artist."""


rule fit_catalogue_attention:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        features=song_features,
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
    output:
        weights=WEIGHTS,
        curve=CURVE,
    log:
        "<results>/logs/fit_catalogue_attention/{model}/{seed}.log",
    benchmark:
        "<results>/timings/fit_catalogue_attention/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("catalogue_attention")),
    priority: SOON
    conda:
        "../../envs/cnn.yaml"
    threads: threads_of("fit_catalogue_attention")  # more would add in another order
    resources:
        gpu=gpu_by_name,
        mem_mb=memory_of("fit_catalogue_attention"),
        runtime=minutes_of("fit_catalogue_attention"),
    params:
        options=model_options,
        code=code("fit_catalogue_attention.py"),
    script:
        "../../scripts/fit_catalogue_attention.py"


rule predict_catalogue_attention:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        features=song_features,
        song_factors=settled("<results>/wmf/song_factors.npy"),
        weights=settled(WEIGHTS),
    output:
        predictions=PREDICTIONS,
    log:
        "<results>/logs/predict_catalogue_attention/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_catalogue_attention/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("catalogue_attention")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_catalogue_attention")
    resources:
        mem_mb=memory_of("predict_catalogue_attention"),
        runtime=minutes_of("predict_catalogue_attention"),
    params:
        options={},
        code=code("predict_catalogue_attention.py"),
    script:
        "../../scripts/predict_catalogue_attention.py"
