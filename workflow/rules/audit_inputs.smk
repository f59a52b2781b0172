"""The files that the audit checks, and what it learns again."""

from types import SimpleNamespace

# The folders of learnt files.
LEARNING = ["wmf", *(source.section for source in SOURCES.values() if source.learning), "models"]


def function_of(item):
    """The function that gives an input, or several if `unpack` wraps it; None for a path."""
    return item if callable(item) else getattr(getattr(item, "_file", item), "callable", None)


def learning_inputs():
    """Map each rule that makes factors, features or weights to the paths that it reads, sorted."""
    folder = f"results/{SETTINGS['run']}"
    learnt = tuple(f"{folder}/{stage}/" for stage in LEARNING)
    found = {}
    own = [each for each in workflow.rules if each.module_globals is globals()]  # a host has rules of its own
    for each in own:
        if any(str(path).startswith(learnt) for path in each.output):
            read = set()
            for item in each.input:
                function = function_of(item)  # one without .paths is an error: the audit could not see through it
                read |= set(function.paths) if function else {str(item)}
            if hidden := [path for path in read if path.startswith("<function")]:
                raise WorkflowError(f"{each.name}: the audit cannot see what {hidden[0]} reads")
            found[each.name] = sorted(path.replace("<results>", folder) for path in read)
    return dict(sorted(found.items()))


def forbidden_paths():
    """Beginnings of paths that rules that learn may not read: the evaluation, and models made of test songs' plays.

    Models that were made elsewhere may be.
    """
    folder = f"results/{SETTINGS['run']}"
    knowing = [f"{folder}/predictions/{name}/" for name in [*models_with("oracle"), *models_with("brought")]]
    return [f"{folder}/{stage}/" for stage in ("report", "scores", "tables", "world/truth")] + knowing


def own_rule(name):
    """Find a rule by its own name, whatever a host calls it."""
    return getattr(rules, name).rule


def learner(name, model=None):
    """Describe what the audit runs again: the script of a stage or model, and the names of what it reads and makes."""
    found, cut = own_rule(name), dict(MODELS[model].canary) if model else {}
    several = [getattr(function_of(item), "named", None) for item in found.input]
    inputs = [*found.input.keys(), *(key for named in several if named for key in named(model))]
    read = found.params.options
    read = read(SimpleNamespace(model=model)) if callable(read) else read
    return {
        "script": f"{name}.py",
        "inputs": inputs,
        "made": list(found.output.keys()),
        "options": read | cut,
        "short": bool(cut),
        "heard": heard(model) if model else None,
    }


def heard(model):
    """What a model learns from that is not the same for all of its kind: its features, and models that it stands on."""
    settings = SETTINGS["models"][model]
    source = SOURCES.get(settings.get("features"))
    return {"features": source.features if source else None, "models": kinds.stood_on(settings)}


def audited_learners():
    """Map the name of each rule or model that the audit learns again to its description."""
    named, stages = SETTINGS["audit"]["canary"], {}
    stages["wmf"] = ["choose_wmf", "factorise_plays"] if LISTED else ["factorise_plays"]
    stages |= {source.section: source.learning for source in SOURCES.values()}
    if named == "all":
        named = [*stages, *MODELS]
        if SETTINGS["wmf"]["engine"] != "implicit":  # no other makes the same bytes twice
            named.remove("wmf")
    learners = {rule: learner(rule) for stage, rules in stages.items() if stage in named for rule in rules}
    for name in in_turn(models_with("weights")):
        if MODELS[name].kind in named or name in named:
            learners[name] = learner(MODELS[name].rule, name)
    return learners


def audited_files():
    """Files of features that the audit checks: those of all sources, what rules that learn them use, log-mels."""
    found = {name: settled(str(path)) for name, path in own_rule("choose_wmf").output.items()} if LISTED else {}
    for source in SOURCES.values():
        for each in map(own_rule, source.learning):
            found |= {name: item for name, item in each.input.items() if name not in ("songs", "split")}
            found |= {name: settled(str(path)) for name, path in each.output.items()}
    if LOG_MEL_MODELS:
        found |= {"index": settled("<results>/audio/index.parquet"), "log_mels": settled(*LOG_MELS)}
    if SOURCES:
        found["song_features"] = settled(*(f"<results>/{source.features}" for source in SOURCES.values()))
    return found


def stacked_predictions(pattern=PREDICTIONS, having="name"):
    """The predictions that models stand on; with ``having``, of those whose kind has a property."""
    others = [other for model in SETTINGS["models"].values() for other in kinds.stood_on(model)]
    return for_models(pattern, [other for other in dict.fromkeys(others) if getattr(MODELS[other], having)])


def learns_from_validation(model):
    """Whether a model's weights are fitted on validation songs too."""
    return MODELS[model].validated or SETTINGS["models"][model].get("refit", False)


def audit_memory(input):
    """Megabytes: what the factorisation needs, with its plays twice, because it runs inside the audit."""
    plays = Path(str(input.plays))
    return max(6000, int(60 * plays.stat().st_size / 1e6)) if plays.is_file() else 6000
