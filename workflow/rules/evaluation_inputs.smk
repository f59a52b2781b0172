"""What models are scored with, and what tables say about them."""

from coldwave.audio.shards import shard_names

SCORES = "<results>/scores/{model}/{seed}.parquet"
SONG_SCORES = "<results>/scores_by_song/{model}/{seed}.parquet"
WITHOUT_SONGS = "<results>/scores_without_songs/{model}/{seed}.npy"
RANKED = {name: f"<results>/scores_in_shards/{{model}}/{{seed}}/{{shard}}.{name}.npy" for name in ("counts", "lists")}

# The shards of users whose rankings are jobs of their own; none if the evaluation of a model is one job.
USER_SHARDS = shard_names(SETTINGS["evaluation"]["shards"]) if SETTINGS["evaluation"]["shards"] > 1 else []

# What tables and figures need to know about each model, and its row of the paper's tables if it has one.
SHOWN_MODELS = {name: kinds.shown(model) for name, model in SETTINGS["models"].items()}
PUBLISHED = {name: kinds.published_row(model) for name, model in SETTINGS["models"].items()}
PUBLISHED = {name: row for name, row in PUBLISHED.items() if row}

# The models that are compared with songs that have a few plays, and those of them with user vectors of their own.
WORTH_MODELS = models_with("has_worth")
OWN_WORTH_MODELS = [name for name in WORTH_MODELS if MODELS[name].own_users]
OWN_USERS_MODELS = models_with("own_users")
KIND_NOTES = kinds.notes(SETTINGS["models"])


def user_vectors(wildcards):
    """The user vectors that a model is scored with: its own, or those of the factorisation."""
    own = MODELS[wildcards.model].own_users
    return settled(PREDICTION_USERS if own else "<results>/wmf/user_factors.npy")(wildcards)


def factors_to_compare(wildcards):
    """The factors of the songs' own plays, for a model that predicts them; the others have vectors of their own."""
    own = MODELS[wildcards.model].own_users
    return {} if own else {"song_factors": settled("<results>/wmf/song_factors.npy")(wildcards)}


def rankings(wildcards):
    """The rankings of all shards of users, where users are shared out."""
    paths = {name: expand(path, shard=USER_SHARDS, allow_missing=True) for name, path in RANKED.items()}
    return {name: settled(*each)(wildcards) for name, each in paths.items() if each}
