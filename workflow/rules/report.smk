"""report: one page for people, and the songs in it that can be listened to."""


include: "report_inputs.smk"


# What the page is made from besides its data: templates, its style sheet and its script.
PAGE_TEMPLATES = sorted(
    file for file in (ROOT / "workflow" / "report").iterdir() if file.suffix in (".j2", ".css", ".js")
)


rule choose_examples:
    input:
        **chosen_wmf(*FOLDING, wait=settled),
        **examples_hear(),
        plays=settled("<results>/plays/plays.parquet"),
        users=settled("<results>/plays/users.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        split=settled("<results>/split/split.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
        fitted_songs=settled("<results>/wmf/fitted_songs.npy"),
    output:
        played="<results>/report/played.parquet",
        recommended="<results>/report/recommended.parquet",
        similar="<results>/report/similar.parquet",
        models="<results>/report/models.parquet",
    log:
        "<results>/logs/choose_examples.log",
    benchmark:
        "<results>/timings/choose_examples.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: threads_of("choose_examples")
    resources:
        mem_mb=memory_of("choose_examples"),
        runtime=minutes_of("choose_examples"),
    params:
        options=options("report", "users", "songs", config=examples_config(), seed=SEED, seeds=SEEDS),
        code=code("choose_examples.py"),
    script:
        "../../scripts/choose_examples.py"


rule cut_excerpts:
    input:
        **({"manifests": settled(*expand(MANIFEST, shard=SHARDS))} if cuts_excerpts() else {}),
        songs=settled("<results>/plays/songs.parquet"),
        played=settled("<results>/report/played.parquet"),
        recommended=settled("<results>/report/recommended.parquet"),
        similar=settled("<results>/report/similar.parquet"),
        map=settled("<results>/analysis/map.parquet"),
    output:
        excerpts="<results>/report/excerpts.parquet",
    log:
        "<results>/logs/cut_excerpts.log",
    benchmark:
        "<results>/timings/cut_excerpts.tsv"
    conda:
        "../../envs/audio.yaml"
    threads: threads_of("cut_excerpts")
    resources:
        mem_mb=memory_of("cut_excerpts"),
        runtime=minutes_of("cut_excerpts"),
    params:
        options=excerpts_options(),
        cache=cache_folder,
        code=code("cut_excerpts.py"),
    script:
        "../../scripts/cut_excerpts.py"


rule write_report:
    input:
        **({"index": settled(AUDIO_INDEX)} if AUDIO_INDEX else {}),
        played=settled("<results>/report/played.parquet"),
        recommended=settled("<results>/report/recommended.parquet"),
        similar=settled("<results>/report/similar.parquet"),
        examples=settled("<results>/report/models.parquet"),
        excerpts=settled("<results>/report/excerpts.parquet"),
        table=settled("<results>/tables/recommendation.parquet"),
        differences=settled("<results>/tables/differences.parquet"),
        intervals=settled("<results>/tables/intervals.parquet"),
        where=settled("<results>/tables/where.parquet"),
        scores=settled(*for_models(SCORES, SETTINGS["models"])),
        curves=settled(*for_models(CURVE, in_turn(model for model in models_with("curve") if MODELS[model].factors))),
        objective=settled("<results>/wmf/objective.parquet"),
        rejected=settled("<results>/plays/rejected.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        users=settled("<results>/plays/users.parquet"),
        plays=settled("<results>/plays/plays.parquet"),
        split=settled("<results>/split/split.parquet"),
        map=settled("<results>/analysis/map.parquet"),
        map_figure=settled("<results>/figures/map.svg"),
        exhibits=settled(*(path for paths in EXHIBITS.values() for path in paths)),
    output:
        page=report("<results>/report/index.html", caption="../report/page.rst", category="Results"),
    log:
        "<results>/logs/write_report.log",
    benchmark:
        "<results>/timings/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: threads_of("write_report")
    resources:
        mem_mb=memory_of("write_report"),
        runtime=minutes_of("write_report"),
    params:
        options={
            "config": settings.as_text(SETTINGS),
            "data": DATA_NOTE,
            "listen": listen_options(),
            "map": settings.options(SETTINGS["analysis"], "map", "perplexity", "songs") | {"model": mapped_model()},
            "map_songs": SETTINGS["report"]["map_songs"],
            "models": SHOWN_MODELS,
            "notes": KIND_NOTES,
            "protocol": PROTOCOL_NOTE,
            "run": SETTINGS["run"],
            "sections": {heading: len(paths) for heading, paths in EXHIBITS.items()},
        },
        page_template={file.name: text_digest(file) for file in PAGE_TEMPLATES},
        code=code("write_report.py"),
    script:
        "../../scripts/write_report.py"


KEPT += rules.choose_examples.output
KEPT += rules.cut_excerpts.output
KEPT += rules.write_report.output
