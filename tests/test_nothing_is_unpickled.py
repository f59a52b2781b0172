"""Files are data: none of them runs code when it is read."""

import ast
import base64
import io
import os
import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from coldwave.audio.cache import load_entry
from coldwave.embeddings.reading import read_embeddings
from coldwave.errors import InputError
from coldwave.files import read_array, read_table
from coldwave.models.weights import read_fitted_on, read_weights
from coldwave.plays.catalogue import read_catalogue
from coldwave.plays.reading import read_plays

ROOT = Path(__file__).parents[1]
CODE = sorted(
    path
    for folder in ("scripts", "workflow", "benchmarks")
    for path in [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.smk")]
) + [ROOT / "Snakefile"]
UNPICKLERS = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "shelve", "marshal", "jsonpickle"}
# Names of functions that read a file, and what their call must say for it to be data.
MUST_SAY = {
    "np.load": {"allow_pickle": False},
    "numpy.load": {"allow_pickle": False},
    "torch.load": {"weights_only": True},
}
FORBIDDEN = {
    "joblib.load", "joblib.dump", "torch.save", "torch.jit.load", "torch.package", "yaml.load", "yaml.unsafe_load",
    "yaml.full_load", "eval", "exec", "os.system", "os.popen", "pl.read_excel", "np.fromfile", "shutil.unpack_archive",
}  # fmt: skip
METHODS = {"load_from_checkpoint", "extractall", "extract", "read_pickle", "load_library"}


def calls(path):
    """The calls in a file: the dotted name, the node."""
    text = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(text)
    except SyntaxError:  # Snakemake's own language: look at its words alone
        return [], text
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)], text


def mistakes(path):
    """What in a file could run what it reads."""
    found, text = calls(path)
    wrong = []
    for name, node in found:
        said = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
        if name in MUST_SAY and not MUST_SAY[name].items() <= said.items():
            wrong.append(f"{name} without {MUST_SAY[name]}")
        if name in FORBIDDEN or name.rpartition(".")[2] in METHODS:
            wrong.append(name)
        if said.get("shell"):
            wrong.append(f"{name} with a shell")
        if name.endswith("np.save") and said.get("allow_pickle") is not False:
            wrong.append("np.save that may pickle")
    if not found:
        wrong += [word for word in ("pickle", "torch.load", "np.load", "joblib", "yaml.load") if word in text]
        return wrong
    for node in ast.walk(ast.parse(text)):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        wrong += [name for name in names if name.split(".")[0] in UNPICKLERS]
        if isinstance(node, ast.ImportFrom) and node.module in ("joblib", "torch", "numpy"):
            wrong += [f"{node.module}.{alias.name}" for alias in node.names if alias.name in ("load", "dump", "save")]
    return wrong


# Fine: yaml.load, for its loader is the safe one, or the same in C; pickle, for the name of its error alone; and exec,
# of the import statements of a script of the project that is run right after.
HARMLESS = {
    "workflow/settings.py": ["yaml.load", "yaml.load"],
    "scripts/coldwave/audit/forked.py": ["exec"],
    "scripts/coldwave/models/cnn/checkpoints.py": ["pickle"],
}


def test_no_code_of_the_project_reads_what_could_run():
    assert len(CODE) > 150
    found = {path.relative_to(ROOT).as_posix(): wrong for path in CODE if (wrong := mistakes(path))}
    assert found == HARMLESS
    text = (ROOT / "workflow" / "settings.py").read_text(encoding="utf-8")
    assert set(re.findall(r"\w*Loader\b", text)) <= {"Loader", "SafeLoader", "CSafeLoader"}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from pickle import loads", "import joblib\njoblib.load('x')", "np.load('x')",
        "np.load('x', allow_pickle=True)", "torch.load('x')", "torch.load('x', weights_only=False)", "eval('x')",
        "Net.load_from_checkpoint('x')", "archive.extractall()", "subprocess.run('x', shell=True)",
        "from joblib import load\nload('x')", "np.save('x', y)",
    ],
)  # fmt: skip
def test_the_search_finds_what_it_looks_for(tmp_path, line):
    (tmp_path / "a.py").write_text(f"print('x')\n{line}\n")
    assert mistakes(tmp_path / "a.py")


class Runs:
    """Unpickled, it makes a file."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.fixture
def hostile(tmp_path):
    """A pickle that leaves a mark when it is loaded, and the mark, which the test checks for at its end."""
    mark = tmp_path / "it ran"
    pickle.loads(pickle.dumps(Runs(mark)))
    assert mark.is_dir(), "the pickle does what it says"
    mark.rmdir()
    yield Runs(mark)
    assert not mark.exists()


def test_an_array_of_objects_is_refused(tmp_path, hostile):
    path = tmp_path / "x.npy"
    np.save(path, np.array([hostile], dtype=object), allow_pickle=True)
    for memory_map in (False, True):
        with pytest.raises(InputError, match=r"x\.npy: not a whole NPY file.*delete it and run again"):
            read_array(path, memory_map)
    path.write_bytes(pickle.dumps(hostile))
    with pytest.raises(InputError, match=r"x\.npy"):
        read_array(path)


def test_a_cache_entry_of_objects_is_made_again(tmp_path, hostile):
    buffer = io.BytesIO()
    np.save(buffer, np.array([hostile], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("rows.npy", buffer.getvalue())
        archive.writestr("seconds.npy", buffer.getvalue())
    assert load_entry(tmp_path / "x.npz", 16) is None
    (tmp_path / "x.npz").write_bytes(pickle.dumps(hostile))
    assert load_entry(tmp_path / "x.npz", 16) is None


def test_weights_that_are_a_pickle_are_refused(tmp_path, hostile):
    path = tmp_path / "1.safetensors"
    whole = io.BytesIO()
    torch.save({"weights": hostile}, whole)
    length = (2**62).to_bytes(8, "little")
    for content in (pickle.dumps(hostile), whole.getvalue(), length + b"{}", b"\x02\0\0\0\0\0\0\0{}", b""):
        path.write_bytes(content)
        for read in (read_weights, read_fitted_on):
            with pytest.raises(InputError, match=r"1\.safetensors: not a model's weights.*delete it and run again"):
                read(path)


def test_a_training_checkpoint_that_is_a_pickle_is_refused(tmp_path, hostile):
    """The way the network's training reads its best weights back."""
    torch.save({"state_dict": hostile}, tmp_path / "best.ckpt")
    with pytest.raises(pickle.UnpicklingError, match="[Ww]eights.only"):
        torch.load(tmp_path / "best.ckpt", map_location="cpu", weights_only=True)


def extension_table(hostile):
    """A table whose column says that its type is a pickled Python object, as old readers would load it."""
    metadata = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": pickle.dumps(hostile)}
    fields = [pa.field(name, pa.string(), metadata=metadata) for name in ("song_id", "user", "song", "title")]
    return pa.table([pa.array(["a"])] * 4, schema=pa.schema(fields))


def test_a_parquet_type_that_is_a_pickle_is_not_loaded(tmp_path, hostile):
    path = tmp_path / "x.parquet"
    pq.write_table(extension_table(hostile), path)
    assert b"py_extension_type" in base64.b64decode(pq.read_metadata(path).metadata[b"ARROW:schema"])
    table = {"user": "user", "song": "song", "count": None}
    for read in (
        lambda: read_table(path),
        lambda: read_catalogue(path, {}),
        lambda: read_plays(path, {"format": "table", "table": table}),
        lambda: read_embeddings(path, ["a"], {"song": "song_id", "columns": None, "delimiter": None}, "embeddings.x"),
    ):
        try:
            read()
        except InputError as error:
            assert "x.parquet" in str(error)


@pytest.mark.parametrize("name", ["x.parquet", "plays.parquet"])
def test_a_pickle_by_the_name_of_a_table_is_refused(tmp_path, hostile, name):
    path = tmp_path / name
    path.write_bytes(pickle.dumps(hostile))
    with pytest.raises(InputError, match=f"{name}: not the whole Parquet table expected"):
        read_table(path)
    with pytest.raises(InputError, match=f"{name}: not a whole Parquet file"):
        read_catalogue(path, {})
    with pytest.raises(InputError, match=f"{name}: not a whole Parquet file"):
        read_plays(path, {"format": "table", "table": {"user": "user", "song": "song", "count": None}})


def test_a_parquet_column_of_objects_is_no_table_of_plays(tmp_path):
    path = tmp_path / "x.parquet"
    pl.DataFrame({"user": [b"\x80\x04."], "song": ["s"]}).write_parquet(path)
    with pytest.raises(InputError, match=r"plays\.table\.user: .*not text or whole numbers"):
        read_plays(path, {"format": "table", "table": {"user": "user", "song": "song", "count": None}})
