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
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        options=split_read(SETTINGS),
        code=code("split_songs.py"),
    script:
        "../../scripts/split_songs.py"


KEPT += rules.split_songs.output
