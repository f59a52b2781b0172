"""evaluation: every user with a test play against every test song."""

SCORES = "<results>/scores/{model}/{seed}.parquet"


rule evaluate_model:
    input:
        plays=settled("<results>/plays/plays.parquet"),
        split=settled("<results>/split/split.parquet"),
        users=user_vectors,
        predictions=settled(PREDICTIONS),
    output:
        scores=SCORES,
    log:
        "<results>/logs/evaluate_model/{model}/{seed}.log",
    benchmark:
        "<results>/timings/evaluate_model/{model}/{seed}.tsv"
    wildcard_constraints:
        model=one_of(SETTINGS["models"]),
    conda:
        "../../envs/learning.yaml"
    threads: 4
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        options=options("evaluation", "cutoff"),
        code=code("evaluate_model.py"),
    script:
        "../../scripts/evaluate_model.py"


rule tabulate_recommendation:
    input:
        users=settled("<results>/plays/users.parquet"),
        scores=settled(*for_models(SCORES, SETTINGS["models"])),
    output:
        table="<results>/tables/recommendation.parquet",
        markdown=report(
            "<results>/tables/recommendation.md", caption="../report/recommendation.rst", category="Results"
        ),
        csv=report("<results>/tables/recommendation.csv", caption="../report/recommendation.rst", category="Results"),
    log:
        "<results>/logs/tabulate_recommendation.log",
    benchmark:
        "<results>/timings/tabulate_recommendation.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        options=options(
            "evaluation",
            "cutoff",
            models=tabulated_kinds(),
            data=DATA_NOTE,
            protocol=PROTOCOL_NOTE,
        ),
        code=code("tabulate_recommendation.py"),
    script:
        "../../scripts/tabulate_recommendation.py"


KEPT += for_models(SCORES, SETTINGS["models"])
KEPT += rules.tabulate_recommendation.output
