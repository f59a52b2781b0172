"""new_songs: songs without plays, placed by what a finished run has learnt. `snakemake -- predict_new` asks for them.

The rule learns nothing, and asks for no rule that does: it takes the run's files as they are.
"""

NEW_BATCH = "<results>/new_songs/{batch}"


rule place_new_songs:
    input:
        source=new_songs_source,
        embeddings=new_embedding_sources,
        learnt=learnt_by_run,
    output:
        songs=multiext(f"{NEW_BATCH}/songs", ".md", ".csv"),
        # What the batch holds is read before it is replaced. The other files are removed first, as is usual: where they
        # are missing after a failure, the job runs again.
        songs_table=update(f"{NEW_BATCH}/songs.parquet"),
        users=multiext(f"{NEW_BATCH}/users", ".md", ".csv", ".parquet"),
        neighbours=multiext(f"{NEW_BATCH}/neighbours", ".md", ".csv", ".parquet"),
        vectors=update(f"{NEW_BATCH}/vectors.parquet"),
        rejected=f"{NEW_BATCH}/rejected.parquet",
        batch_file=update(f"{NEW_BATCH}/batch.json"),
    log:
        "<results>/logs/place_new_songs/{batch}.log",
    benchmark:
        "<results>/timings/place_new_songs/{batch}.tsv"
    wildcard_constraints:
        batch=BATCH_NAME.pattern,
    conda:
        "../../envs/new-songs.yaml"
    threads: threads_of("place_new_songs")
    resources:
        mem_mb=memory_of("place_new_songs"),
        runtime=minutes_of("place_new_songs"),
        gpu=new_songs_gpu,
    params:
        options=new_songs_options(),
        cache=cache_folder,
        state=new_audio_state,
        code=code("place_new_songs.py"),
    script:
        "../../scripts/place_new_songs.py"


NEW_FILES = [str(path) for path in rules.place_new_songs.output]  # without their flags
