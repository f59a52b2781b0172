"""report: one page for people."""

# What the page is made from besides its data: templates, its style sheet and its script.
PAGE_TEMPLATES = sorted(
    file for file in (ROOT / "workflow" / "report").iterdir() if file.suffix in (".j2", ".css", ".js")
)


rule write_report:
    input:
        **({"index": settled(AUDIO_INDEX)} if AUDIO_INDEX else {}),
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


KEPT += rules.write_report.output
