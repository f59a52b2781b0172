"""world: the demo's songs, users and plays, made up and written as raw inputs."""

if SETTINGS["world"]:

    rule make_world:
        output:
            triplets="<results>/world/train_triplets.txt",
            songs="<results>/world/songs.csv",
            truth="<results>/world/truth.parquet",
            audio=directory("<results>/world/audio"),
        log:
            "<results>/logs/make_world.log",
        benchmark:
            "<results>/timings/make_world.tsv"
        conda:
            "../../envs/audio.yaml"
        threads: 8
        resources:
            mem_mb=growing(2000),
            runtime=growing(20),
        params:
            options=options("world", "songs", "artists", "users", "seconds", "audio_format", seed=SEED),
            code=code("make_world.py"),
        script:
            "../../scripts/make_world.py"

    KEPT += rules.make_world.output
