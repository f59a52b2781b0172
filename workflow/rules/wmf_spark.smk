"""wmf with Spark: the same factors, for plays that do not fit one machine's memory."""


include: "wmf_spark_inputs.smk"


if SETTINGS["wmf"]["engine"] == "spark":

    if problem := spark_lacks(workflow):
        raise WorkflowError(problem)

    rule factorise_plays_spark:
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
            "<results>/logs/factorise_plays_spark.log",
        benchmark:
            "<results>/timings/factorise_plays_spark.tsv"
        conda:
            "../../envs/wmf-spark.yaml"
        threads: threads_of("factorise_plays_spark")
        resources:
            mem_mb=memory_of("factorise_plays_spark", MOST_FACTORS),
            runtime=minutes_of("factorise_plays_spark", MOST_FACTORS),
        params:
            options=wmf_options(
                "factors",
                "alpha",
                "epsilon",
                "regularization",
                "iterations",
                blocks=SETTINGS["wmf"]["spark"]["blocks"],
                protocol=SETTINGS["protocol"],
                seed=SEED,
            ),
            spark=spark_settings,
            memory=memory_of_job,
            code=code("factorise_plays_spark.py"),
        script:
            "../../scripts/factorise_plays_spark.py"

    KEPT += rules.factorise_plays_spark.output
