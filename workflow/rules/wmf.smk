"""wmf: user and song factors from the training songs' plays, or from all."""

if SETTINGS["wmf"]["engine"] == "implicit":

    rule factorise_plays:
        input:
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
        conda:
            "../../envs/wmf.yaml"
        threads: 8
        resources:
            mem_mb=growing(lambda input: max(2000, int(40 * input.size_mb))),
            runtime=growing(240),
        params:
            options=options(
                "wmf",
                "factors",
                "alpha",
                "epsilon",
                "regularization",
                "iterations",
                "solver",
                protocol=SETTINGS["protocol"],
                seed=SEED,
            ),
            code=code("factorise_plays.py"),
        script:
            "../../scripts/factorise_plays.py"

    KEPT += rules.factorise_plays.output
