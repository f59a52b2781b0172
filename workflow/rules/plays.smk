"""plays: the plays and the songs table, checked, filtered and indexed."""


include: "plays_inputs.smk"


if reads_history(SETTINGS):

    rule match_history:
        input:
            **history_inputs(),
        output:
            plays=HISTORY,
            matched="<results>/plays/matched.parquet",
            unmatched="<results>/plays/unmatched.csv",
            rejected="<results>/plays/history_rejected.parquet",
            table="<results>/tables/matching.parquet",
            markdown="<results>/tables/matching.md",
            csv="<results>/tables/matching.csv",
        log:
            "<results>/logs/match_history.log",
        benchmark:
            "<results>/timings/match_history.tsv"
        conda:
            "../../envs/tables.yaml"
        threads: threads_of("match_history")
        resources:
            mem_mb=memory_of("match_history"),
            runtime=minutes_of("match_history"),
        params:
            options=history_read(SETTINGS) | {"data": DATA_NOTE},
            catalogue_state=catalogue_state,
            history_state=history_state,
            code=code("match_history.py"),
        script:
            "../../scripts/match_history.py"

    KEPT += rules.match_history.output
    EXHIBITS["Protocol"] += [rules.match_history.output.markdown]


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
    threads: threads_of("read_plays")
    resources:
        mem_mb=memory_of("read_plays"),
        runtime=minutes_of("read_plays"),
    params:
        options=plays_read(SETTINGS),
        catalogue_state=catalogue_state,
        plays_state=plays_state,
        code=code("read_plays.py"),
    script:
        "../../scripts/read_plays.py"


KEPT += rules.read_plays.output

if CUTS_PLAYS:

    rule cut_plays:
        input:
            source=HISTORY if reads_history(SETTINGS) else watched(SETTINGS["plays"]["path"]),
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
        threads: threads_of("cut_plays")
        resources:
            mem_mb=memory_of("cut_plays"),
            runtime=minutes_of("cut_plays"),
        params:
            options=cut_read(SETTINGS),
            plays_state=plays_state,
            code=code("cut_plays.py"),
        script:
            "../../scripts/cut_plays.py"

    KEPT += rules.cut_plays.output
