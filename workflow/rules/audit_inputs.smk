"""What the audit looks at, and what it learns again."""

from types import SimpleNamespace


def learning_inputs():
    """From each rule that makes factors, a codebook, components or weights to the paths that it reads, sorted."""
    folder = f"results/{SETTINGS['run']}"
    learnt = tuple(f"{folder}/{stage}/" for stage in ("wmf", "bow", "models"))
    found = {}
    own = [each for each in workflow.rules if each.module_globals is globals()]  # a host has rules of its own
    for each in own:
        if any(str(path).startswith(learnt) for path in each.output):
            read = set()
            for item in each.input:
                # unpack() wraps its function; one without .paths is an error here, for the audit could not see through it
                function = item if callable(item) else getattr(getattr(item, "_file", item), "callable", None)
                read |= set(function.paths) if function else {str(item)}
            if hidden := [path for path in read if path.startswith("<function")]:
                raise WorkflowError(f"{each.name}: the audit cannot see what {hidden[0]} reads")
            found[each.name] = sorted(path.replace("<results>", folder) for path in read)
    return dict(sorted(found.items()))


def forbidden_paths():
    """Beginnings of paths that nothing which learns may read: the evaluation, and models made of test songs' plays."""
    folder = f"results/{SETTINGS['run']}"
    knowing = [f"{folder}/predictions/{name}/" for name in models_of("usage", "popularity")]
    return [f"{folder}/{stage}/" for stage in ("report", "scores", "tables")] + knowing


def audited_learners():
    """What the audit learns again: from its name to its kind and the options of its rule."""
    named, learners = SETTINGS["audit"]["canary"], {}
    if "wmf" in named:
        learners["wmf"] = {"kind": "wmf", "options": rules.factorise_plays.params.options}
    if "bow" in named and LISTENERS:
        learners["codebook"] = {"kind": "codebook", "options": rules.learn_codebook.params.options}
        learners["pca"] = {"kind": "pca", "options": rules.reduce_counts.params.options}
    for name in learnt_models():
        kind = SETTINGS["models"][name]["kind"]
        if kind in named or name in named:
            wildcards = SimpleNamespace(model=name)
            read = cnn_options(wildcards) if kind == "cnn" else model_options(wildcards)
            learners[name] = {"kind": kind, "options": read}
    return learners


def audited_files():
    """The features that the audit looks at: those that users bring and, where a model listens, the bag of words."""
    brought = {"embeddings": settled(*(f"<results>/embeddings/{name}.features.npy" for name in EMBEDDINGS))}
    if not LISTENERS:
        return brought if EMBEDDINGS else {}
    names = ["codebook", "frame_scale", "codebook_songs", "pca_mean", "pca_components", "pca_songs", "features"]
    named = {name: settled(f"<results>/bow/{name}.npy") for name in names}
    named["counts"] = settled(*expand("<results>/bow/counts/{shard}.parquet", shard=SHARDS))
    named |= {"index": settled("<results>/audio/index.parquet"), "log_mels": settled(*LOG_MELS)}
    return named | brought if EMBEDDINGS else named


def audit_memory(input):
    """Megabytes: the factorisation's need, twice its plays, for it is run inside the audit."""
    plays = Path(str(input.plays))
    return max(6000, int(60 * plays.stat().st_size / 1e6)) if plays.is_file() else 6000
