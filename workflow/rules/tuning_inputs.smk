"""The model whose settings are searched, and its inputs."""

from workflow.model_consistency import tuned_model

TUNED = tuned_model(SETTINGS)
TEACHERS = [f"coldwave.tuning.teachers.{MODELS[TUNED].kind}"] if TUNED else []  # one module, or none


def tuned_inputs(wildcards):
    """The inputs of the model whose settings are searched."""
    if TUNED is None:
        fitting = kinds.either(kinds.names_of("tuned"))
        raise WorkflowError(f"tune needs a model of kind {fitting}, and the config has none")
    if MODELS[TUNED].hears_log_mels:
        return {
            "index": settled("<results>/audio/index.parquet")(wildcards),
            "log_mels": settled(*LOG_MELS)(wildcards),
        }
    return {"features": settled(features_path(TUNED))(wildcards)}


def tuned_options():
    """The settings of a search, and those that it starts from."""
    model = SETTINGS["models"].get(TUNED, {})
    return {
        "cutoff": SETTINGS["evaluation"]["cutoff"],
        "data": DATA_NOTE,
        "model": {key: model[key] for key in sorted(model) if key != "kind"},
        "name": TUNED,
        "seed": SEED,
        "teacher": next(iter(TEACHERS), None),
        "tuning": options("tuning", "measure", "minutes", "settings", "trials", "wmf"),
        "wmf": wmf_options(*FACTORISATION),
    }
