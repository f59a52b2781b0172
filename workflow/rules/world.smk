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
        threads: threads_of("make_world")
        resources:
            mem_mb=memory_of("make_world"),
            runtime=minutes_of("make_world"),
        params:
            options=options("world", "songs", "artists", "users", "seconds", "audio_format", seed=SEED),
            code=code("make_world.py"),
        script:
            "../../scripts/make_world.py"

    KEPT += rules.make_world.output
