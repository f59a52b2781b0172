"""provenance: the record of what the run was made from and with."""


rule record_provenance:
    input:
        **given_files(),
        kept=settled(*KEPT),
    output:
        record="<results>/provenance.json",
    log:
        "<results>/logs/record_provenance.log",
    benchmark:
        "<results>/timings/record_provenance.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        options={
            "config": settings.as_text(SETTINGS),
            "data": DATA_NOTE,
            "seeds": SEEDS,
        },
        code=code("record_provenance.py"),
    script:
        "../../scripts/record_provenance.py"


KEPT += rules.record_provenance.output
