"""wmf: user and song factors from the training songs' plays, or from all; and the choice of their settings."""


include: "wmf_inputs.smk"


if LISTED:

    rule choose_wmf:
        input:
            plays="<results>/plays/plays.parquet",
            split="<results>/split/split.parquet",
        output:
            chosen="<results>/wmf/chosen.parquet",
            grid="<results>/tables/wmf_grid.parquet",
            grid_markdown="<results>/tables/wmf_grid.md",
            grid_csv="<results>/tables/wmf_grid.csv",
            grid_figure="<results>/figures/wmf_grid.svg",
        log:
            "<results>/logs/choose_wmf.log",
        benchmark:
            "<results>/timings/choose_wmf.tsv"
        priority: SOON
        conda:
            "../../envs/wmf.yaml"
        threads: threads_of("choose_wmf")
        resources:
            mem_mb=memory_of("choose_wmf", MOST_FACTORS),
            runtime=minutes_of("choose_wmf", MOST_FACTORS),
        params:
            options={
                "choice": options("wmf", "choice")["choice"],
                "cutoff": SETTINGS["evaluation"]["cutoff"],
                "data": DATA_NOTE,
                "grid": options("wmf", *LISTED),
                "seed": SEED,
                "wmf": wmf_options(*FACTORISATION),
            },
            code=code("choose_wmf.py"),
        script:
            "../../scripts/choose_wmf.py"

    KEPT += rules.choose_wmf.output


if SETTINGS["wmf"]["engine"] == "implicit":

    rule factorise_plays:
        input:
            **chosen_wmf(*FACTORISATION),
            plays="<results>/plays/plays.parquet",
            users="<results>/plays/users.parquet",
            split="<results>/split/split.parquet",
        output:
            user_factors="<results>/wmf/user_factors.npy",
            song_factors="<results>/wmf/song_factors.npy",
            fitted_songs="<results>/wmf/fitted_songs.npy",
            objective="<results>/wmf/objective.parquet",
        log:
            "<results>/logs/factorise_plays.log",
        benchmark:
            "<results>/timings/factorise_plays.tsv"
        priority: SOON
        conda:
            "../../envs/wmf.yaml"
        threads: threads_of("factorise_plays")
        resources:
            mem_mb=memory_of("factorise_plays", MOST_FACTORS),
            runtime=minutes_of("factorise_plays", MOST_FACTORS),
        params:
            options=wmf_options(*FACTORISATION, protocol=SETTINGS["protocol"], seed=SEED),
            code=code("factorise_plays.py"),
        script:
            "../../scripts/factorise_plays.py"

    KEPT += rules.factorise_plays.output
