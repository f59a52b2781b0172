"""analysis: what factors say about songs, from their plays and as models predict them from audio."""


include: "analysis_inputs.smk"


rule predict_tags:
    input:
        **known_features(),
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
        predictions=settled(*first_predictions()),
    output:
        table="<results>/tables/tags.parquet",
        markdown="<results>/tables/tags.md",
        csv="<results>/tables/tags.csv",
        by_tag="<results>/tables/tags_by_tag.parquet",
        by_tag_markdown="<results>/tables/tags_by_tag.md",
        by_tag_csv="<results>/tables/tags_by_tag.csv",
    log:
        "<results>/logs/predict_tags.log",
    benchmark:
        "<results>/timings/predict_tags.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: side_by_side("predict_tags")
    resources:
        mem_mb=memory_of("predict_tags"),
        runtime=minutes_of("predict_tags"),
    params:
        options=options(
            "analysis", "tags", seed=SEED, data=DATA_NOTE, protocol=PROTOCOL_NOTE, refit=network_learnt_validation()
        ),
        code=code("predict_tags.py"),
    script:
        "../../scripts/predict_tags.py"


rule describe_factors:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
    output:
        table="<results>/tables/factors.parquet",
        markdown="<results>/tables/factors.md",
        csv="<results>/tables/factors.csv",
    log:
        "<results>/logs/describe_factors.log",
    benchmark:
        "<results>/timings/describe_factors.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: side_by_side("describe_factors")
    resources:
        mem_mb=memory_of("describe_factors"),
        runtime=minutes_of("describe_factors"),
    params:
        options=options("analysis", "factors", data=DATA_NOTE),
        code=code("describe_factors.py"),
    script:
        "../../scripts/describe_factors.py"


rule find_neighbours:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
        predictions=settled(*first_predictions()),
    output:
        table="<results>/tables/neighbours.parquet",
        markdown="<results>/tables/neighbours.md",
        csv="<results>/tables/neighbours.csv",
        artists="<results>/tables/neighbour_artists.parquet",
        artists_markdown="<results>/tables/neighbour_artists.md",
        artists_csv="<results>/tables/neighbour_artists.csv",
    log:
        "<results>/logs/find_neighbours.log",
    benchmark:
        "<results>/timings/find_neighbours.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: side_by_side("find_neighbours")
    resources:
        mem_mb=memory_of("find_neighbours"),
        runtime=minutes_of("find_neighbours"),
    params:
        options=options("analysis", "neighbours", data=DATA_NOTE),
        code=code("find_neighbours.py"),
    script:
        "../../scripts/find_neighbours.py"


rule map_songs:
    input:
        split=settled("<results>/split/split.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        vectors=settled(mapped_vectors()),
    output:
        map="<results>/analysis/map.parquet",
    log:
        "<results>/logs/map_songs.log",
    benchmark:
        "<results>/timings/map_songs.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: side_by_side("map_songs")
    resources:
        mem_mb=memory_of("map_songs"),
        runtime=minutes_of("map_songs"),
    params:
        options=settings.options(SETTINGS["analysis"], "map", "perplexity", "songs") | {"seed": SEED},
        code=code("map_songs.py"),
    script:
        "../../scripts/map_songs.py"


rule draw_map:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        map=settled("<results>/analysis/map.parquet"),
    output:
        figure="<results>/figures/map.svg",
    log:
        "<results>/logs/draw_map.log",
    benchmark:
        "<results>/timings/draw_map.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: threads_of("draw_map")
    resources:
        mem_mb=memory_of("draw_map"),
        runtime=minutes_of("draw_map"),
    params:
        options=settings.options(SETTINGS["analysis"], "map", "perplexity", "songs") | {"model": mapped_model()},
        code=code("draw_map.py"),
    script:
        "../../scripts/draw_map.py"


rule compare_factors:
    input:
        split=settled("<results>/split/split.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
        predictions=settled(*first_predictions()),
    output:
        table="<results>/tables/factor_fit.parquet",
        markdown="<results>/tables/factor_fit.md",
        csv="<results>/tables/factor_fit.csv",
        by_factor="<results>/tables/factor_r2.parquet",
        by_factor_csv="<results>/tables/factor_r2.csv",
        popularity="<results>/tables/popularity_error.parquet",
        popularity_markdown="<results>/tables/popularity_error.md",
        popularity_csv="<results>/tables/popularity_error.csv",
        figure="<results>/figures/factor_fit.svg",
    log:
        "<results>/logs/compare_factors.log",
    benchmark:
        "<results>/timings/compare_factors.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: side_by_side("compare_factors")
    resources:
        mem_mb=memory_of("compare_factors"),
        runtime=minutes_of("compare_factors"),
    params:
        options={"data": DATA_NOTE, "protocol": PROTOCOL_NOTE},
        code=code("compare_factors.py"),
    script:
        "../../scripts/compare_factors.py"


rule draw_confidences:
    input:
        **chosen_wmf("alpha", "epsilon", wait=settled),
        plays=settled("<results>/plays/plays.parquet"),
    output:
        figure="<results>/figures/confidence.svg",
    log:
        "<results>/logs/draw_confidences.log",
    benchmark:
        "<results>/timings/draw_confidences.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: threads_of("draw_confidences")
    resources:
        mem_mb=memory_of("draw_confidences"),
        runtime=minutes_of("draw_confidences"),
    params:
        options=wmf_options("alpha", "epsilon"),
        code=code("draw_confidences.py"),
    script:
        "../../scripts/draw_confidences.py"


rule draw_spectrograms:
    input:
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        index=settled("<results>/audio/index.parquet"),
        log_mels=settled(*LOG_MELS),
    output:
        figure="<results>/figures/spectrograms.svg",
    log:
        "<results>/logs/draw_spectrograms.log",
    benchmark:
        "<results>/timings/draw_spectrograms.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: threads_of("draw_spectrograms")
    resources:
        mem_mb=memory_of("draw_spectrograms"),
        runtime=minutes_of("draw_spectrograms"),
    params:
        options=options("audio", "hop", "sample_rate"),
        code=code("draw_spectrograms.py"),
    script:
        "../../scripts/draw_spectrograms.py"


rule draw_filters:
    input:
        weights=settled(*for_models(WEIGHTS, models_with("filters")[:1])[:1]),
    output:
        figure="<results>/figures/filters.svg",
    log:
        "<results>/logs/draw_filters.log",
    benchmark:
        "<results>/timings/draw_filters.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: threads_of("draw_filters")
    resources:
        mem_mb=memory_of("draw_filters"),
        runtime=minutes_of("draw_filters"),
    params:
        options={"model": next(iter(models_with("filters")), None)},
        code=code("draw_filters.py"),
    script:
        "../../scripts/draw_filters.py"


SHOWN = [*rules.predict_tags.output, *rules.describe_factors.output, *rules.find_neighbours.output]
SHOWN += rules.draw_confidences.output
if models_with("from_audio"):
    SHOWN += rules.compare_factors.output
if LOG_MEL_MODELS:
    SHOWN += rules.draw_spectrograms.output
if models_with("filters"):
    SHOWN += rules.draw_filters.output

KEPT += [*rules.map_songs.output, *rules.draw_map.output, *SHOWN]  # the report shows the map in a section of its own
EXHIBITS["Songs"] += [path for path in SHOWN if str(path).endswith((".md", ".svg"))]
