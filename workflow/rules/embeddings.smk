"""embeddings: the user's own tables of numbers for songs, as features of the models that name them."""


include: "embeddings_inputs.smk"


rule read_embeddings:
    input:
        songs="<results>/plays/songs.parquet",
        source=embedding_source,
    output:
        vectors="<results>/embeddings/{embedding}.npy",
        columns="<results>/embeddings/{embedding}.columns.parquet",
        rejected="<results>/embeddings/{embedding}.rejected.parquet",
    log:
        "<results>/logs/read_embeddings/{embedding}.log",
    benchmark:
        "<results>/timings/read_embeddings/{embedding}.tsv"
    wildcard_constraints:
        embedding=one_of(EMBEDDINGS),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("read_embeddings")
    resources:
        mem_mb=memory_of("read_embeddings"),
        runtime=minutes_of("read_embeddings"),
    params:
        options=embedding_options,
        code=code("read_embeddings.py"),
    script:
        "../../scripts/read_embeddings.py"


rule scale_embeddings:
    input:
        vectors="<results>/embeddings/{embedding}.npy",
        split="<results>/split/split.parquet",
    output:
        mean="<results>/embeddings/{embedding}.mean.npy",
        scale="<results>/embeddings/{embedding}.scale.npy",
        features="<results>/embeddings/{embedding}.features.npy",
    log:
        "<results>/logs/scale_embeddings/{embedding}.log",
    benchmark:
        "<results>/timings/scale_embeddings/{embedding}.tsv"
    wildcard_constraints:
        embedding=one_of(EMBEDDINGS),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("scale_embeddings")
    resources:
        mem_mb=memory_of("scale_embeddings"),
        runtime=minutes_of("scale_embeddings"),
    params:
        options=lambda wildcards: {"standardize": SETTINGS["embeddings"][wildcards.embedding]["standardize"]},
        code=code("scale_embeddings.py"),
    script:
        "../../scripts/scale_embeddings.py"


KEPT += expand(rules.read_embeddings.output, embedding=EMBEDDINGS)
KEPT += expand(rules.scale_embeddings.output, embedding=EMBEDDINGS)
