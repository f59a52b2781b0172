"""popularity_estimate: how popular a song can be expected to be, by its sound, year, artist and album."""

ESTIMATES = models_of("popularity_estimate")


rule fit_popularity:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        features=song_features,
    output:
        weights=WEIGHTS,
    log:
        "<results>/logs/fit_popularity/{model}/{seed}.log",
    benchmark:
        "<results>/timings/fit_popularity/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("popularity_estimate")),
    priority: SOON
    conda:
        "../../envs/learning.yaml"
    threads: side_by_side("fit_popularity")
    resources:
        mem_mb=memory_of("fit_popularity"),
        runtime=minutes_of("fit_popularity"),
    params:
        options=model_options,
        code=code("fit_popularity.py"),
    script:
        "../../scripts/fit_popularity.py"


rule predict_popularity_estimate:
    input:
        weights=settled(WEIGHTS),
        users=settled("<results>/plays/users.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        features=song_features,
    output:
        predictions=PREDICTIONS,
        prediction_users=PREDICTION_USERS,
    log:
        "<results>/logs/predict_popularity_estimate/{model}/{seed}.log",
    benchmark:
        "<results>/timings/predict_popularity_estimate/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(models_of("popularity_estimate")),
    conda:
        "../../envs/learning.yaml"
    threads: threads_of("predict_popularity_estimate")
    resources:
        mem_mb=memory_of("predict_popularity_estimate"),
        runtime=minutes_of("predict_popularity_estimate"),
    params:
        options={},
        code=code("predict_popularity_estimate.py"),
    script:
        "../../scripts/predict_popularity_estimate.py"


rule judge_popularity:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        weights=settled(*for_models(WEIGHTS, ESTIMATES)),
        features=settled(*map(features_path, ESTIMATES)),
    output:
        table="<results>/tables/popularity_estimate.parquet",
        markdown="<results>/tables/popularity_estimate.md",
        csv="<results>/tables/popularity_estimate.csv",
    log:
        "<results>/logs/judge_popularity.log",
    benchmark:
        "<results>/timings/judge_popularity.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: threads_of("judge_popularity")
    resources:
        mem_mb=memory_of("judge_popularity"),
        runtime=minutes_of("judge_popularity"),
    params:
        options={"data": DATA_NOTE, "protocol": PROTOCOL_NOTE},
        code=code("judge_popularity.py"),
    script:
        "../../scripts/judge_popularity.py"


if ESTIMATES:
    KEPT += rules.judge_popularity.output
    EXHIBITS["Songs"] += [rules.judge_popularity.output.markdown]
