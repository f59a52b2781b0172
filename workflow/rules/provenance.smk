"""provenance: the record of what the run was made from and with."""

# The files of models made elsewhere, and of encoders, by their settings.
BROUGHT = {f"models.{name}.{key}": path for name, files in brought_files().items() for key, path in files.items()}
BROUGHT |= {f"encoders.{name}.path": watched(path) for name, path in encoder_paths().items()}


rule record_provenance:
    input:
        **given_files(),
        brought=list(BROUGHT.values()),
        kept=settled(*KEPT),
    output:
        record="<results>/provenance.json",
    log:
        "<results>/logs/record_provenance.log",
    benchmark:
        "<results>/timings/record_provenance.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("record_provenance")
    resources:
        mem_mb=memory_of("record_provenance"),
        runtime=minutes_of("record_provenance"),
    params:
        options={
            "brought": list(BROUGHT),
            "config": settings.as_text(SETTINGS),
            "data": DATA_NOTE,
            "encoders": about_encoders(),
            "seeds": SEEDS,
        },
        code=code("record_provenance.py"),
    script:
        "../../scripts/record_provenance.py"


KEPT += rules.record_provenance.output
