"""plays: the plays and the songs table, checked, filtered and indexed."""


include: "plays_inputs.smk"


rule read_plays:
    input:
        **plays_inputs(),
    output:
        plays=ALL_PLAYS,
        users="<results>/plays/users.parquet",
        songs="<results>/plays/songs.parquet",
        rejected="<results>/plays/rejected.parquet",
    log:
        "<results>/logs/read_plays.log",
    benchmark:
        "<results>/timings/read_plays.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 8
    resources:
        mem_mb=growing(lambda input: max(2000, int(3 * input.size_mb))),
        runtime=growing(60),
    params:
        options=plays_read(SETTINGS),
        catalogue_state=catalogue_state,
        code=code("read_plays.py"),
    script:
        "../../scripts/read_plays.py"


KEPT += rules.read_plays.output

if CUTS_PLAYS:

    rule cut_plays:
        input:
            source=SETTINGS["plays"]["path"],
            all_plays=ALL_PLAYS,
            users="<results>/plays/users.parquet",
            songs="<results>/plays/songs.parquet",
            split="<results>/split/split.parquet",
        output:
            plays="<results>/plays/plays.parquet",
        log:
            "<results>/logs/cut_plays.log",
        benchmark:
            "<results>/timings/cut_plays.tsv"
        conda:
            "../../envs/tables.yaml"
        threads: 8
        resources:
            mem_mb=growing(lambda input: max(2000, int(3 * input.size_mb))),
            runtime=growing(60),
        params:
            options=options("plays", "format", "table"),
            code=code("cut_plays.py"),
        script:
            "../../scripts/cut_plays.py"

    KEPT += rules.cut_plays.output
