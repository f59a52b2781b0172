"""split: which songs are for training, validation and test."""

from workflow.effective import split_read


rule split_songs:
    input:
        **({"given": SETTINGS["split"]["path"]} if SETTINGS["split"]["path"] else {}),
        songs="<results>/plays/songs.parquet",
    output:
        split="<results>/split/split.parquet",
    log:
        "<results>/logs/split_songs.log",
    benchmark:
        "<results>/timings/split_songs.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("split_songs")
    resources:
        mem_mb=memory_of("split_songs"),
        runtime=minutes_of("split_songs"),
    params:
        options=split_read(SETTINGS),
        code=code("split_songs.py"),
    script:
        "../../scripts/split_songs.py"


KEPT += rules.split_songs.output
