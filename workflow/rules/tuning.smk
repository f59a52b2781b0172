"""tuning: a search for settings on validation songs. `snakemake -- tune` runs it; no other target does."""


include: "tuning_inputs.smk"


rule tune:
    input:
        unpack(tuned_inputs),
        **chosen_wmf(*FACTORISATION, wait=settled),
        plays=settled("<results>/plays/plays.parquet"),
        users=settled("<results>/plays/users.parquet"),
        split=settled("<results>/split/split.parquet"),
    output:
        found="<results>/tuning/overlay.yaml",
        trials="<results>/tables/tuning.parquet",
        markdown="<results>/tables/tuning.md",
        csv="<results>/tables/tuning.csv",
        figure="<results>/figures/tuning.svg",
    log:
        "<results>/logs/tune.log",
    benchmark:
        "<results>/timings/tune.tsv"
    conda:
        "../../envs/tuning.yaml"
    threads: threads_of("tune")
    resources:
        mem_mb=memory_of("tune"),
        runtime=minutes_of("tune"),
    params:
        options=tuned_options(),
        cache=cache_folder,
        state=code("tune.py", *TEACHERS),
        code=code("tune.py", *TEACHERS),
    script:
        "../../scripts/tune.py"
