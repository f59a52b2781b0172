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


def new_embedding_source(wildcards):
    """The table of new songs' embeddings."""
    require_embeddings()
    return SETTINGS["new_songs"]["embeddings"][wildcards.embedding]


def new_embedding_options(wildcards):
    """How that table is read: like that of the run, which has recorded the columns."""
    embedding = SETTINGS["embeddings"][wildcards.embedding]
    return {key: embedding[key] for key in ("delimiter", "song")}
