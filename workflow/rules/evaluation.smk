"""evaluation: every user with a test play against every test song, and how the models compare."""


include: "evaluation_inputs.smk"


rule evaluate_model:
    input:
        unpack(factors_to_compare),
        unpack(rankings),
        plays=settled("<results>/plays/plays.parquet"),
        split=settled("<results>/split/split.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        users=user_vectors,
        predictions=settled(PREDICTIONS),
    output:
        scores=SCORES,
        song_scores=SONG_SCORES,
        without_songs=WITHOUT_SONGS,
    log:
        "<results>/logs/evaluate_model/{model}/{seed}.log",
    benchmark:
        "<results>/timings/evaluate_model/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(SETTINGS["models"]),
    conda:
        "../../envs/learning.yaml"
    threads: side_by_side("evaluate_model", len(SETTINGS["models"]))
    resources:
        mem_mb=memory_of("evaluate_model"),
        runtime=minutes_of("evaluate_model"),
    params:
        options=options("evaluation", "cutoff", "list_lengths", seed=SEED),
        cache=cache_folder,
        code=code("evaluate_model.py"),
    script:
        "../../scripts/evaluate_model.py"


rule rank_users:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        split=settled("<results>/split/split.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        users=user_vectors,
        predictions=settled(PREDICTIONS),
    output:
        **RANKED,
    log:
        "<results>/logs/rank_users/{model}/{seed}/{shard}.log",
    benchmark:
        "<results>/timings/rank_users/{model}/{seed}/{shard}.tsv"
    wildcard_constraints:
        model=one_of(SETTINGS["models"]),
        shard=one_of(USER_SHARDS),
    conda:
        "../../envs/learning.yaml"
    threads: side_by_side("rank_users", len(SETTINGS["models"]) * len(USER_SHARDS))
    resources:
        mem_mb=memory_of("rank_users"),
        runtime=minutes_of("rank_users", jobs=SETTINGS["evaluation"]["shards"]),
    params:
        options=options("evaluation", "shards", list_length=SETTINGS["evaluation"]["list_lengths"][0]),
        cache=cache_folder,
        code=code("rank_users.py"),
    script:
        "../../scripts/rank_users.py"


rule tabulate_recommendation:
    input:
        users=settled("<results>/plays/users.parquet"),
        scores=settled(*for_models(SCORES, SETTINGS["models"])),
    output:
        table="<results>/tables/recommendation.parquet",
        markdown=report(
            "<results>/tables/recommendation.md", caption="../report/recommendation.rst", category="Results"
        ),
        csv=report("<results>/tables/recommendation.csv", caption="../report/recommendation.rst", category="Results"),
    log:
        "<results>/logs/tabulate_recommendation.log",
    benchmark:
        "<results>/timings/tabulate_recommendation.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("tabulate_recommendation")
    resources:
        mem_mb=memory_of("tabulate_recommendation"),
        runtime=minutes_of("tabulate_recommendation"),
    params:
        options=options(
            "evaluation",
            "cutoff",
            models=SHOWN_MODELS,
            notes=KIND_NOTES,
            data=DATA_NOTE,
            protocol=PROTOCOL_NOTE,
        ),
        code=code("tabulate_recommendation.py"),
    script:
        "../../scripts/tabulate_recommendation.py"


rule tabulate_ranking:
    input:
        scores=settled(*for_models(SCORES, SETTINGS["models"])),
        song_scores=settled(*for_models(SONG_SCORES, SETTINGS["models"])),
    output:
        table="<results>/tables/ranking.parquet",
        markdown="<results>/tables/ranking.md",
        csv="<results>/tables/ranking.csv",
    log:
        "<results>/logs/tabulate_ranking.log",
    benchmark:
        "<results>/timings/tabulate_ranking.tsv"
    conda:
        "../../envs/report.yaml"
    threads: threads_of("tabulate_ranking")
    resources:
        mem_mb=memory_of("tabulate_ranking"),
        runtime=minutes_of("tabulate_ranking"),
    params:
        options=options(
            "evaluation",
            "list_lengths",
            models=SHOWN_MODELS,
            data=DATA_NOTE,
            protocol=PROTOCOL_NOTE,
        ),
        code=code("tabulate_ranking.py"),
    script:
        "../../scripts/tabulate_ranking.py"


rule tabulate_published:
    input:
        recommendation=settled("<results>/tables/recommendation.parquet"),
    output:
        table="<results>/tables/published.parquet",
        markdown="<results>/tables/published.md",
        csv="<results>/tables/published.csv",
    log:
        "<results>/logs/tabulate_published.log",
    benchmark:
        "<results>/timings/tabulate_published.tsv"
    conda:
        "../../envs/report.yaml"
    threads: threads_of("tabulate_published")
    resources:
        mem_mb=memory_of("tabulate_published"),
        runtime=minutes_of("tabulate_published"),
    params:
        options={"data": DATA_NOTE, "models": PUBLISHED, "protocol": PROTOCOL_NOTE},
        code=code("tabulate_published.py"),
    script:
        "../../scripts/tabulate_published.py"


rule compare_models:
    input:
        scores=settled(*for_models(SCORES, SETTINGS["models"])),
        without_songs=settled(*for_models(WITHOUT_SONGS, SETTINGS["models"])),
    output:
        table="<results>/tables/differences.parquet",
        markdown="<results>/tables/differences.md",
        csv="<results>/tables/differences.csv",
        intervals="<results>/tables/intervals.parquet",
    log:
        "<results>/logs/compare_models.log",
    benchmark:
        "<results>/timings/compare_models.tsv"
    conda:
        "../../envs/report.yaml"
    threads: threads_of("compare_models")
    resources:
        mem_mb=memory_of("compare_models"),
        runtime=minutes_of("compare_models"),
    params:
        options=options(
            "evaluation",
            "cutoff",
            models=SHOWN_MODELS,
            data=DATA_NOTE,
            protocol=PROTOCOL_NOTE,
        ),
        code=code("compare_models.py"),
    script:
        "../../scripts/compare_models.py"


rule tabulate_strata:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        scores=settled(*for_models(SCORES, SETTINGS["models"])),
        song_scores=settled(*for_models(SONG_SCORES, SETTINGS["models"])),
    output:
        table="<results>/tables/strata.parquet",
        markdown="<results>/tables/strata.md",
        csv="<results>/tables/strata.csv",
        popularity="<results>/figures/popularity_strata.svg",
        activity="<results>/figures/activity_strata.svg",
    log:
        "<results>/logs/tabulate_strata.log",
    benchmark:
        "<results>/timings/tabulate_strata.tsv"
    conda:
        "../../envs/report.yaml"
    threads: threads_of("tabulate_strata")
    resources:
        mem_mb=memory_of("tabulate_strata"),
        runtime=minutes_of("tabulate_strata"),
    params:
        options={"data": DATA_NOTE, "models": SHOWN_MODELS, "protocol": PROTOCOL_NOTE},
        code=code("tabulate_strata.py"),
    script:
        "../../scripts/tabulate_strata.py"


rule tabulate_where:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        predictions=settled(*for_models(PREDICTIONS, SETTINGS["models"])),
        prediction_users=settled(*for_models(PREDICTION_USERS, OWN_USERS_MODELS)),
    output:
        table="<results>/tables/where.parquet",
        markdown="<results>/tables/where.md",
        csv="<results>/tables/where.csv",
    log:
        "<results>/logs/tabulate_where.log",
    benchmark:
        "<results>/timings/tabulate_where.tsv"
    conda:
        "../../envs/wmf.yaml"
    threads: side_by_side("tabulate_where")
    resources:
        mem_mb=memory_of("tabulate_where"),
        runtime=minutes_of("tabulate_where"),
    params:
        options=options(
            "evaluation",
            "cutoff",
            models=SHOWN_MODELS,
            seed=SEED,
            data=DATA_NOTE,
            protocol=PROTOCOL_NOTE,
        ),
        cache=cache_folder,
        code=code("tabulate_where.py"),
    script:
        "../../scripts/tabulate_where.py"


if SETTINGS["evaluation"]["plays_worth"]:

    rule count_plays_worth:
        input:
            **chosen_wmf(*FOLDING, wait=settled),
            plays=settled("<results>/plays/plays.parquet"),
            split=settled("<results>/split/split.parquet"),
            user_factors=settled("<results>/wmf/user_factors.npy"),
            predictions=settled(*for_models(PREDICTIONS, WORTH_MODELS)),
            prediction_users=settled(*for_models(PREDICTION_USERS, OWN_WORTH_MODELS)),
        output:
            table="<results>/tables/plays_worth.parquet",
            markdown="<results>/tables/plays_worth.md",
            csv="<results>/tables/plays_worth.csv",
            curve="<results>/tables/plays_curve.parquet",
        log:
            "<results>/logs/count_plays_worth.log",
        benchmark:
            "<results>/timings/count_plays_worth.tsv"
        conda:
            "../../envs/wmf.yaml"
        threads: side_by_side("count_plays_worth")
        resources:
            mem_mb=memory_of("count_plays_worth"),
            runtime=minutes_of("count_plays_worth"),
        params:
            options=options(
                "evaluation",
                "bootstrap",
                "cutoff",
                "plays_worth",
                models={name: SHOWN_MODELS[name] for name in WORTH_MODELS},
                seed=SEED,
                wmf=wmf_options(*FOLDING),
                data=DATA_NOTE,
                protocol=PROTOCOL_NOTE,
            ),
            cache=cache_folder,
            code=code("count_plays_worth.py"),
        script:
            "../../scripts/count_plays_worth.py"

    rule draw_plays_worth:
        input:
            table=settled("<results>/tables/plays_worth.parquet"),
            curve=settled("<results>/tables/plays_curve.parquet"),
        output:
            auc="<results>/figures/plays_worth_auc.svg",
            map="<results>/figures/plays_worth_map.svg",
        log:
            "<results>/logs/draw_plays_worth.log",
        benchmark:
            "<results>/timings/draw_plays_worth.tsv"
        conda:
            "../../envs/report.yaml"
        threads: threads_of("draw_plays_worth")
        resources:
            mem_mb=memory_of("draw_plays_worth"),
            runtime=minutes_of("draw_plays_worth"),
        params:
            options=options("evaluation", "cutoff", models={name: SHOWN_MODELS[name] for name in WORTH_MODELS}),
            code=code("draw_plays_worth.py"),
        script:
            "../../scripts/draw_plays_worth.py"

    KEPT += rules.count_plays_worth.output
    KEPT += rules.draw_plays_worth.output
    EXHIBITS["Comparison of models"] += [
        rules.draw_plays_worth.output.auc,
        rules.draw_plays_worth.output.map,
        rules.count_plays_worth.output.markdown,
    ]


KEPT += for_models(expand([*RANKED.values()], shard=USER_SHARDS, allow_missing=True), SETTINGS["models"])
KEPT += for_models(SCORES, SETTINGS["models"])
KEPT += for_models(SONG_SCORES, SETTINGS["models"])
KEPT += for_models(WITHOUT_SONGS, SETTINGS["models"])
KEPT += rules.tabulate_recommendation.output
KEPT += rules.tabulate_ranking.output
KEPT += rules.tabulate_published.output
KEPT += rules.compare_models.output
KEPT += rules.tabulate_strata.output
KEPT += rules.tabulate_where.output
EXHIBITS["Comparison of models"] += [
    rules.compare_models.output.markdown,
    rules.tabulate_where.output.markdown,
    rules.tabulate_published.output.markdown,
    rules.tabulate_ranking.output.markdown,
    rules.tabulate_strata.output.popularity,
    rules.tabulate_strata.output.activity,
    rules.tabulate_strata.output.markdown,
]
