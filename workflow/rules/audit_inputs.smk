"""The files that the audit checks, and what it learns again."""

from types import SimpleNamespace

from snakemake.io import strip_wildcard_constraints

# The sources of features that rules learn as a whole; the names of the others, entries of a section that rules scale;
# and these rules, whose folder holds files that are not learnt as well.
WHOLE = {source.section: source.learning for source in SOURCES.values() if not source.entries}
SCALED = [name for name, source in SOURCES.items() if source.entries]
SCALING = {each for name in SCALED for each in SOURCES[name].learning}


def function_of(item):
    """The function that gives an input, or several if `unpack` wraps it; None for a path."""
    return item if callable(item) else getattr(getattr(item, "_file", item), "callable", None)


def learning_inputs():
    """Map each rule that makes factors, features or weights to the paths that it reads, sorted."""
    folder = f"results/{SETTINGS['run']}"
    learnt = tuple(f"{folder}/{stage}/" for stage in ("wmf", *WHOLE, "models"))
    found = {}
    own = [each for each in workflow.rules if each.module_globals is globals()]  # a host has rules of its own
    for each in own:
        if each.name in SCALING or any(str(path).startswith(learnt) for path in each.output):
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


def paths_of(item):
    """The paths of an input or output, which may be settled."""
    return getattr(function_of(item), "paths", (str(item),))


def scaling_files(name):
    """The files of an embedding or encoder by the names that its rules give them, relative to the run's folder."""
    found = {}
    for each in map(own_rule, SOURCES[name].learning):
        (wildcard,) = each.wildcard_names
        for key, item in (*each.input.items(), *each.output.items()):
            path = strip_wildcard_constraints(paths_of(item)[0])
            if f"{{{wildcard}}}" in path:
                found[key] = path.replace(f"{{{wildcard}}}", name)
    folder = f"results/{SETTINGS['run']}/"
    return {key: path.replace("<results>/", folder).removeprefix(folder) for key, path in found.items()}


def learner(name, model=None, source=None):
    """Describe what the audit runs again: the script of a stage, of a model or of a source that is an entry of its
    section, and the names of what it reads and makes.
    """
    found, cut = own_rule(name), dict(MODELS[model].canary) if model else {}
    several = [getattr(function_of(item), "named", None) for item in found.input]
    inputs = [*found.input.keys(), *(key for names in several if names for key in names(model))]
    read = found.params.options
    named = dict.fromkeys(found.wildcard_names, source) | {"model": model}
    read = read(SimpleNamespace(**named)) if callable(read) else read
    return {
        "script": Path(found.script).name,
        "inputs": inputs,
        "made": list(found.output.keys()),
        "options": read | cut,
        "short": bool(cut),
        "heard": heard(model) if model else None,
        "files": scaling_files(source) if source else {},
    }


def heard(model):
    """What a model learns from that is not the same for all of its kind: its features, and models that it stands on."""
    settings = SETTINGS["models"][model]
    source = SOURCES.get(settings.get("features"))
    return {"features": source.features if source else None, "models": kinds.stood_on(settings)}


def audited_learners():
    """Map the name of each rule or model that the audit learns again to its description."""
    named = SETTINGS["audit"]["canary"]
    stages = {"wmf": ["choose_wmf", "factorise_plays"] if LISTED else ["factorise_plays"]} | WHOLE
    if named == "all":
        named = [*stages, *(SOURCES[name].section for name in SCALED), *MODELS]
        if SETTINGS["wmf"]["engine"] != "implicit":  # no other makes the same bytes twice
            named.remove("wmf")
    learners = {rule: learner(rule) for stage, rules in stages.items() if stage in named for rule in rules}
    for name in SCALED:
        if SOURCES[name].section in named:
            learners |= {f"{each}: {name}": learner(each, source=name) for each in SOURCES[name].learning}
    for name in in_turn(models_with("weights")):
        if MODELS[name].kind in named or name in named:
            learners[name] = learner(MODELS[name].rule, name)
    return learners


def audited_files():
    """Files of features that the audit checks: those of all sources, what rules that learn them use, log-mels."""
    found = {name: settled(str(path)) for name, path in own_rule("choose_wmf").output.items()} if LISTED else {}
    for each in (own_rule(name) for learning in WHOLE.values() for name in learning):
        found |= {name: item for name, item in each.input.items() if name not in ("songs", "split")}
        found |= {name: settled(str(path)) for name, path in each.output.items()}
    if LOG_MEL_MODELS:
        found |= {"index": settled("<results>/audio/index.parquet"), "log_mels": settled(*LOG_MELS)}
    if SCALED:
        paths = [f"<results>/{path}" for name in SCALED for path in scaling_files(name).values()]
        found["scaling"] = settled(*paths)
    if SOURCES:
        found["song_features"] = settled(*(f"<results>/{source.features}" for source in SOURCES.values()))
    return found


def stacked_predictions(pattern=PREDICTIONS, having="name"):
    """The predictions that models stand on; with ``having``, of those whose kind has a property."""
    return for_models(pattern, [other for other in parts_of_others() if getattr(MODELS[other], having)])


def learns_from_validation(model):
    """Whether a model's weights are fitted on validation songs too."""
    return MODELS[model].validated or SETTINGS["models"][model].get("refit", False)
