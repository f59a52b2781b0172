"""The embeddings that models take, and how their files are read."""

EMBEDDINGS = sources_of("embeddings")


def embedding_source(wildcards):
    """The file of an embedding."""
    return SETTINGS["embeddings"][wildcards.embedding]["path"]


def embedding_options(wildcards):
    """How the file of an embedding is read; the seed is among it only if the embedding is shuffled."""
    embedding = SETTINGS["embeddings"][wildcards.embedding]
    read = {key: embedding[key] for key in ("columns", "delimiter", "shuffle", "song")}
    return dict(sorted((read | ({"seed": SEED} if embedding["shuffle"] else {})).items()))
