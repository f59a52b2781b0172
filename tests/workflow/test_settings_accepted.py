"""What the config's check accepts, and what it hands out for it. The cases are two tables."""

import json
from functools import reduce

import pytest
from overlays import CONFIG, OWN_DATA, SPARK, TIMBRE, as_mapping, checked, laid

ACCEPTED = [
    "audio: {offset: middle}",
    "audio: {offset: 0}",
    "split: {validation: 1, test: 1881}",
    "split: {validation: 0.001, test: 0.99}",
    "run: A-2.b_c",
    "run: '2024'",
    "bow: {variance: 1}",
    "plays: {format: table, table: {user: 1, song: 2, count: null, header: false}}",
    "plays: {table: {quote: '\"', encoding: latin-1}}",
    "plays: {history: {incognito: true, columns: {title: 3}}}",  # of another format: not read
    "plays: {format: history, history: {incognito: true, columns: {title: 3}}}",
    "plays: {format: lastfm, history: {also: [spotify.zip], incognito: true}}",
    "plays: {format: lastfm, history: {incognito: false, min_seconds: 30.0}}",
    "plays: {format: jellyfin, history: {timezone: Europe/Berlin, since: 2024-05-31T12:00, until: '1717200000'}}",
    "models: {cnn_mse: {window: 130, dense: []}}",
    "models: {a1: {kind: cnn, objective: mse, pool: [4, 1], pooling: statistics, unit_norm: true}}",
    "models: {a1: {kind: cnn, objective: wpe, temper: 1, whiten_popularity: true, optimizer: nesterov}}",
    "models: {net: {kind: cnn, objective: bpr, temper: 1, temperature: 0.5, plays_per_song: 1}}",
    "models: {net: {kind: cnn, objective: sampled_softmax, precision: bf16-true}}",
    "models: {net: {kind: cnn, normalization: batch, blocks: residual, pooling: attention, dropout: 0.5}}",
    "models: {net: {kind: cnn, mask_bands: 127, mask_frames: 128, mixup: 0.4}}",
    "models: {net: {kind: cnn, schedule: cosine, warm_up: 5, epochs: 6, averaging: 0.999}}",
    "models: {net: {kind: cnn, accelerator: gpu, devices: 4, nodes: 2, batch_size: 8}}",
    "models: {linear: null}",
    "models: {a: {kind: names, refit: false}, b: {kind: names, audio: linear, refit: false}}",
    "world: {artists: 600}",
    "protocol: transductive",
    "split: {folds: 5, fold: 5, test: 0.95}",  # the share of test songs is not used
    "split: {by: date}",
    "audit: {canary: [wmf, mlr, cnn_wpe]}",
    "audit: {canary: []}",
    "{audit: {canary: all}, wmf: {engine: spark}}",
    "analysis: {map: {model: usage_in_sample, songs: all}}",
    "analysis: {map: {model: linear}}",
    "analysis: {neighbours: {queries: [S1, S2], same_artist: false}}",
    "analysis: {tags: {max_songs: null, folds: 3, min_songs: 3}}",
    # a map needs no model
    "models: {linear: null, mlp: null, cnn_mse: null, cnn_wpe: null, mlr: null, knn: null}",
    "tuning: {wmf: {alpha: {low: 1}}}",  # with the high end of the default
]

SETTINGS_OF_SPARK = {"spark.executor.memory": "8g", "spark.cores.max": 4, "spark.memory.fraction": 0.5, "spark.x": True}
SEARCHED = {key: CONFIG["tuning"]["wmf"][key] for key in ("epsilon", "regularization")}
# From what is laid over the default config (one overlay, or a list) to what then stands in the config that is handed
# out, types and the order of keys included.
HANDED_OUT = [
    # numbers get the schema's type
    (
        "{wmf: {alpha: 2, factors: 50.0}, audio: {offset: 3}, split: {validation: 5}}",
        {"wmf.alpha": 2.0, "wmf.factors": 50, "audio.offset": 3.0, "split.validation": 5, "split.test": 0.2},
    ),
    ("models: {cnn_mse: {pool: 2.0}}", {"models.cnn_mse.pool": 2}),
    ("models: {cnn_mse: {pool: [2.0, 1]}}", {"models.cnn_mse.pool": [2, 1]}),
    # null may be a value, and the command line writes it as text
    (
        [OWN_DATA, "{audio: {duration: null}, plays: {songs: {columns: {title: null, tags: t}}}}"],
        {"world": None, "audio.duration": None, "plays.top_songs": None, "plays.songs.columns": {"tags": "t"}},
    ),
    ([OWN_DATA, "world: 'null'"], {"world": None}),
    ([OWN_DATA, "world: 'None'"], {"world": None}),
    ("warm: null", {"warm": None}),
    ("warm: 'null'", {"warm": None}),
    # the search
    (
        "tuning: {wmf: {factors: null, alpha: {high: 5}}}",
        {"tuning.wmf": {"alpha": {"low": 0.1, "high": 5, "log": True}} | SEARCHED},
    ),
    (
        "tuning: {model: cnn_mse, settings: {learning_rate: {low: 0.0001, high: 0.01, log: true}, "
        "optimizer: {choices: [adamw]}}}",
        {"tuning.settings.optimizer": {"choices": ["adamw"]}},
    ),
    # the first length is that of coverage
    ("evaluation: {list_lengths: [50, 10], bootstrap: 100}", {"evaluation.list_lengths": [50, 10]}),
    # lists of settings of the factorisation, of which the run chooses, and single values in place of the default lists
    ("wmf: {factors: 20, alpha: [1, 2], frequency_scaling: [0, 0.5]}",
     {"wmf.factors": 20, "wmf.alpha": [1.0, 2.0], "wmf.frequency_scaling": [0.0, 0.5]}),
    # the engine of the factorisation
    ({}, {"wmf.engine": "implicit"}),
    (SPARK, {"audit.canary": ["bow", "linear"]}),
    (
        [SPARK, {"wmf": {"spark": {"master": "spark://host:7077", "settings": SETTINGS_OF_SPARK}}}],
        {"wmf.spark": {"master": "spark://host:7077", "blocks": 10, "settings": SETTINGS_OF_SPARK}},
    ),
    # embeddings
    (
        TIMBRE,
        {
            "embeddings.timbre": {
                "path": "timbre.csv", "song": "id", "columns": None, "delimiter": None, "standardize": True,
                "shuffle": False,
            }
        },
    ),
    ([TIMBRE, "embeddings: {timbre: null}"], {"embeddings": {}}),
    *(
        (
            [TIMBRE, {"models": {"on_timbre": {"kind": kind, "features": "timbre"}}}],
            {"models.on_timbre.features": "timbre", f"models.{kind}.features": "bow"},
        )
        for kind in ("knn", "mlr", "linear", "mlp")
    ),
    ([TIMBRE, "embeddings: {timbre: {path: timbre.tsv.gz}}"], {"embeddings.timbre.delimiter": None}),
    ([TIMBRE, "embeddings: {timbre: {path: timbre.dat, delimiter: ;}}"], {"embeddings.timbre.delimiter": ";"}),
    # a new table is read as that of the run, and may be of another format
    *(
        (
            [TIMBRE, {"embeddings": {"timbre": table}, "new_songs": {"embeddings": {"timbre": later}}}],
            {"new_songs.embeddings": {"timbre": later}},
        )
        for table, later in [
            ({"path": "timbre.csv", "delimiter": None}, "new.tsv.gz"),
            ({"path": "timbre.csv", "delimiter": ";"}, "new.parquet"),
            ({"path": "timbre.pq", "delimiter": None}, "new.csv"),
        ]
    ),
    (
        [TIMBRE, "new_songs: {embeddings: {timbre: e.csv}}", "new_songs: {embeddings: {timbre: null}}"],
        {"new_songs.embeddings": {}},
    ),
]  # fmt: skip


def check_kept(given, found):
    """Check that every setting of an overlay came out, and that a null took its key away."""
    for key, value in given.items():
        if isinstance(value, dict):
            check_kept(value, found[key])
        else:
            assert found.get(key) == value


@pytest.mark.parametrize("overlay", ACCEPTED)
def test_what_is_right_is_accepted_and_kept(overlay):
    check_kept(as_mapping(overlay), checked(overlay))


@pytest.mark.parametrize(("overlays", "expected"), HANDED_OUT, ids=[str(laid(row[0])[-1])[:60] for row in HANDED_OUT])
def test_what_is_handed_out(overlays, expected):
    config = checked(*laid(overlays))
    for path, value in expected.items():
        assert json.dumps(reduce(lambda part, key: part[key], path.split("."), config)) == json.dumps(value)
