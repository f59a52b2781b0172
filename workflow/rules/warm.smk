"""warm: collaborative filtering on held-out plays of training songs, beside cold start."""

if SETTINGS["warm"]:

    rule evaluate_warm:
        input:
            **chosen_wmf(*FACTORISATION),
            plays="<results>/plays/plays.parquet",
            users="<results>/plays/users.parquet",
            split="<results>/split/split.parquet",
        output:
            table="<results>/tables/warm.parquet",
            markdown="<results>/tables/warm.md",
            csv="<results>/tables/warm.csv",
        log:
            "<results>/logs/evaluate_warm.log",
        benchmark:
            "<results>/timings/evaluate_warm.tsv"
        conda:
            "../../envs/wmf.yaml"
        threads: side_by_side("evaluate_warm")
        resources:
            mem_mb=memory_of("evaluate_warm", MOST_FACTORS),
            runtime=minutes_of("evaluate_warm", MOST_FACTORS),
        params:
            options=options(
                "warm",
                "held_out",
                "neighbours",
                "recall_at",
                cutoff=SETTINGS["evaluation"]["cutoff"],
                wmf=wmf_options(*FACTORISATION),
                seed=SEED,
                data=DATA_NOTE,
            ),
            code=code("evaluate_warm.py"),
        script:
            "../../scripts/evaluate_warm.py"

    KEPT += rules.evaluate_warm.output
    EXHIBITS["Comparison of models"] += [rules.evaluate_warm.output.markdown]


# Here and not in wmf.smk, so that the report shows it last: like the warm evaluation, it ranks songs that have plays.
if LISTED:
    EXHIBITS["Comparison of models"] += [rules.choose_wmf.output.grid_markdown, rules.choose_wmf.output.grid_figure]
