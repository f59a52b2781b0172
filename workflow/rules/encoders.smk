"""encoders: networks that others have trained on audio, whose outputs are features of the models that name them."""


include: "encoders_inputs.smk"


rule encode_songs:
    input:
        unpack(encoder_model),
        manifest=settled(MANIFEST),
    output:
        vectors="<results>/encoders/{encoder}/{shard}.npy",
        table="<results>/encoders/{encoder}/{shard}.parquet",
    log:
        "<results>/logs/encode_songs/{encoder}/{shard}.log",
    benchmark:
        "<results>/timings/encode_songs/{encoder}/{shard}.tsv"
    wildcard_constraints:
        encoder=one_of(ENCODERS),
        shard=one_of(SHARDS),
    conda:
        "../../envs/encoders.yaml"
    threads: side_by_side("encode_songs", len(SHARDS))
    resources:
        mem_mb=memory_of("encode_songs"),
        runtime=minutes_of("encode_songs"),
    params:
        options=encoder_options,
        cache=cache_folder,
        code=code("encode_songs.py"),
    script:
        "../../scripts/encode_songs.py"


rule gather_encodings:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        tables=settled(*expand("<results>/encoders/{{encoder}}/{shard}.parquet", shard=SHARDS)),
        arrays=settled(*expand("<results>/encoders/{{encoder}}/{shard}.npy", shard=SHARDS)),
    output:
        index="<results>/encoders/{encoder}.index.parquet",
        vectors="<results>/embeddings/{encoder}.npy",
    log:
        "<results>/logs/gather_encodings/{encoder}.log",
    benchmark:
        "<results>/timings/gather_encodings/{encoder}.tsv"
    wildcard_constraints:
        encoder=one_of(ENCODERS),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("gather_encodings")
    resources:
        mem_mb=memory_of("gather_encodings"),
        runtime=minutes_of("gather_encodings"),
    params:
        options=lambda wildcards: {"network": SETTINGS["encoders"][wildcards.encoder]["network"]},
        code=code("gather_encodings.py"),
    script:
        "../../scripts/gather_encodings.py"


rule gather_tags:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        index=settled("<results>/encoders/{encoder}.index.parquet"),
        arrays=settled(*expand("<results>/encoders/{{encoder}}/{shard}.npy", shard=SHARDS)),
    output:
        tags="<results>/embeddings/{encoder}.tags.parquet",
        table="<results>/tables/heard_tags_{encoder}.parquet",
        markdown="<results>/tables/heard_tags_{encoder}.md",
        csv="<results>/tables/heard_tags_{encoder}.csv",
    log:
        "<results>/logs/gather_tags/{encoder}.log",
    benchmark:
        "<results>/timings/gather_tags/{encoder}.tsv"
    wildcard_constraints:
        encoder=one_of(TAGGERS),
    conda:
        "../../envs/tables.yaml"
    threads: threads_of("gather_tags")
    resources:
        mem_mb=memory_of("gather_tags"),
        runtime=minutes_of("gather_tags"),
    params:
        options=lambda wildcards: {
            "about": [DATA_NOTE],
            "network": SETTINGS["encoders"][wildcards.encoder]["network"],
        },
        code=code("gather_tags.py"),
    script:
        "../../scripts/gather_tags.py"


use rule scale_embeddings as scale_encodings with:
    input:
        vectors=settled("<results>/embeddings/{encoder}.npy"),
        split=settled("<results>/split/split.parquet"),
    output:
        mean="<results>/embeddings/{encoder}.mean.npy",
        scale="<results>/embeddings/{encoder}.scale.npy",
        features="<results>/embeddings/{encoder}.features.npy",
    log:
        "<results>/logs/scale_encodings/{encoder}.log",
    benchmark:
        "<results>/timings/scale_encodings/{encoder}.tsv"
    wildcard_constraints:
        encoder=one_of(ENCODERS),
    params:
        options=lambda wildcards: {"standardize": SETTINGS["encoders"][wildcards.encoder]["standardize"]},
        code=code("scale_embeddings.py"),


KEPT += expand(rules.encode_songs.output, encoder=ENCODERS, shard=SHARDS)
KEPT += expand(rules.gather_encodings.output, encoder=ENCODERS)
KEPT += expand(rules.scale_encodings.output, encoder=ENCODERS)
KEPT += expand(rules.gather_tags.output, encoder=TAGGERS)
EXHIBITS["Songs"] += expand(rules.gather_tags.output.markdown, encoder=TAGGERS)
