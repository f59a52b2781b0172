"""audit: check that no data of held-out songs has leaked into what is learnt."""


include: "audit_inputs.smk"


rule audit_leakage:
    input:
        **audited_files(),
        split=settled("<results>/split/split.parquet"),
        songs=settled("<results>/plays/songs.parquet"),
        plays=settled("<results>/plays/plays.parquet"),
        users=settled("<results>/plays/users.parquet"),
        user_factors=settled("<results>/wmf/user_factors.npy"),
        song_factors=settled("<results>/wmf/song_factors.npy"),
        fitted_songs=settled("<results>/wmf/fitted_songs.npy"),
        objective=settled("<results>/wmf/objective.parquet"),
        weights=settled(*for_models(WEIGHTS, in_turn(models_with("weights")))),
        audio_predictions=settled(*stacked_predictions()),
        audio_users=settled(*stacked_predictions(PREDICTION_USERS, "own_users")),
    output:
        table="<results>/tables/leakage.parquet",
        markdown="<results>/tables/leakage.md",
        csv="<results>/tables/leakage.csv",
    log:
        "<results>/logs/audit_leakage.log",
    benchmark:
        "<results>/timings/audit_leakage.tsv"
    priority: SOON
    conda:
        "../../envs/audit.yaml"
    threads: side_by_side("audit_leakage")
    resources:
        mem_mb=memory_of("audit_leakage"),
        runtime=minutes_of("audit_leakage"),
    params:
        options={
            "about": [DATA_NOTE, PROTOCOL_NOTE],
            "brought": {name: list(files.values()) for name, files in brought_files().items()},
            "by": SETTINGS["split"]["by"],
            "canary": audited_learners(),
            "forbidden": forbidden_paths(),
            "inputs": learning_inputs(),
            "protocol": SETTINGS["protocol"],
            "refits": [name for name in models_with("weights") if learns_from_validation(name)],
            "seed": SEED,
        },
        cache=cache_folder,
        code=code("audit_leakage.py"),
    script:
        "../../scripts/audit_leakage.py"


KEPT += rules.audit_leakage.output
EXHIBITS["Protocol"] += [rules.audit_leakage.output.markdown]
