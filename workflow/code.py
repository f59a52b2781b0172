"""Digests of a rule's code: its script and all project modules that it imports, directly or not.

Snakemake watches only the modification time of a script, and not the modules that it imports. With these digests among
a rule's ``params``, an edit reruns the rules whose code it changes and no others. A comment or ``git checkout`` reruns
nothing.

Modules of the library outside its packages are plumbing, and are left out, its own ``__init__.py`` among them. They
start jobs, write files and word errors, but hold no number that a result depends on. Nearly every script imports them,
so an edit to one would rerun everything.

Only Python code is digested. A rule whose code reads a data file beside a module needs that file's digest as well.
"""

import ast
import functools
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

LIBRARY = "coldwave"
KEPT = Path(cache_from_source(__file__)).with_suffix(".json")  # where Python keeps what it compiles
CALLED = ("import_module", "__import__")  # functions that import a module by its name


class CodeError(Exception):
    """Code whose imports cannot be followed."""


class Import(NamedTuple):
    """One imported module, or a name of it where ``name`` is not empty."""

    module: str
    name: str
    line: int


class Sources:
    """The project's files of code, as one plan sees them: each is read once, and taken apart once for many plans.

    What was found in a file is kept in ``kept``, under a digest of its bytes and of this module's, which may find
    something else in them one day. It may be deleted at any time.
    """

    def __init__(self, root: str | Path, kept: Path | None = None):
        """``root`` is the project's folder; without ``kept`` nothing is kept."""
        self._root, self._folder = Path(root), Path(root) / "scripts"
        self._kept = kept
        self._salt = Path(__file__).read_bytes()
        self._known: dict[str, list] = _read_kept(kept) if kept else {}
        self._found: dict[str, list] = {}  # by file, relative to the root: digest of its bytes, digest, imports
        self._next = functools.cache(self._follow)
        self._find = functools.cache(functools.partial(_find, self._folder))

    def digests(self, script: str | Path, *modules: str) -> dict[str, str]:
        """Digest a script and the project's modules that it imports.

        Parameters
        ----------
        script : a file in the folder ``scripts`` of the project
        modules : names of modules that an option of the script names, in place of an import statement

        Returns
        -------
        From each file, relative to the root and sorted, to the first 16 hexadecimal digits of the SHA-256 of its code
        without comments and docstrings. Empty files are left out, and so is the plumbing.

        Raises
        ------
        CodeError
            A file is missing or not valid Python; an import is relative, names no module or is hidden in a call.
        """
        if not (self._folder / script).is_file():
            raise CodeError(f"{self._folder / script}: there is no such script")
        digests: dict[str, str] = {}
        waiting, seen = [self._folder / script], set()
        for module in modules:
            waiting += self._files(Import(module, "", 1), "workflow/rules")
        while waiting:
            file = waiting.pop()
            if file in seen:
                continue
            seen.add(file)
            shown, digest, imported = self._next(file)
            if digest:
                digests[shown] = digest
            waiting += imported
        return dict(sorted(digests.items()))

    def keep(self) -> None:
        """Keep what was found in files that were not known."""
        if self._kept and any(self._known.get(shown) != found for shown, found in self._found.items()):
            half = self._kept.with_name(f".{self._kept.name}.{os.getpid()}.tmp")
            with suppress(OSError):  # where nothing can be written, each plan takes its time
                half.parent.mkdir(parents=True, exist_ok=True)
                half.write_text(json.dumps(self._known | self._found))
                half.replace(self._kept)

    def _follow(self, file: Path) -> tuple[str, str, list[Path]]:
        """Give a file's name relative to the root, its digest, and the files that it imports."""
        shown, source = file.relative_to(self._root).as_posix(), file.read_bytes()
        key = hashlib.sha256(self._salt + source).hexdigest()
        known = self._known.get(shown)
        if known is None or known[0] != key:
            digest, imports = _read(source, shown)
            known = [key, digest, [list(each) for each in imports]]
        self._found[shown] = known
        _, digest, imports = known
        files = (self._files(Import(*each), f"{shown}:{each[-1]}") for each in imports)
        return shown, digest, [file for each in files for file in each]

    def _files(self, imported: Import, where: str) -> list[Path]:
        return _files(imported, self._folder, where, self._find)


def code(script: str | Path, root: Path, *modules: str) -> dict[str, str]:
    """Digest one script of a project; see `Sources.digests`."""
    return Sources(root).digests(script, *modules)


def _read_kept(kept: Path) -> dict[str, list]:
    """Read what was kept; nothing where there is no such file, or a damaged one."""
    try:
        known = json.loads(kept.read_text())
        return {shown: [key, digest, imports] for shown, (key, digest, imports) in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def text_digest(file: Path) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a text file, whatever its line ends.

    It is for a file that a script reads besides its code. As an input, its path and time would count, and these differ
    between working copies of the same commit.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    return hashlib.sha256(file.read_text(encoding="utf-8").encode()).hexdigest()[:16]


def _read(source: bytes, shown: str) -> tuple[str, tuple[Import, ...]]:
    """Digest one file's code (empty if there is none), and list its imports of project modules."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise CodeError(f"{shown}:{getattr(error, 'lineno', None) or 1}: not valid Python: {error}") from error
    # most files import nothing by a call: then it is enough to look at statements, a tenth of all nodes
    by_name = any(name.encode() in source for name in CALLED)
    nodes = list(ast.walk(tree) if by_name else _statements(tree))
    imports = tuple(_imports(nodes, shown))
    for node in nodes:
        _remove_docstring(node)
    text = ast.unparse(tree)  # ast.dump would differ between versions of Python
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else "", imports


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Walk over a node and all statements in it."""
    yield node
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        for inner in getattr(node, block, ()):
            yield from _statements(inner)


def _remove_docstring(node: ast.AST) -> None:
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            empty = [] if isinstance(node, ast.Module) else [ast.Pass()]
            node.body = node.body[1:] or empty


def _imports(nodes: Iterable[ast.AST], shown: str) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            if node.level:
                raise CodeError(f"{shown}:{node.lineno}: a relative import: write from {LIBRARY}. … import …")
            yield from (Import(node.module or "", alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (Import(alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in CALLED:
                argument = node.args[0] if node.args else None
                if not (isinstance(argument, ast.Constant) and str(argument.value)[:1].isidentifier()):
                    raise CodeError(f"{shown}:{node.lineno}: {called} hides what it imports: use an import statement")
                yield Import(str(argument.value), "", node.lineno)


def _files(imported: Import, folder: Path, where: str, find: Callable[[tuple], list[Path] | None]) -> list[Path]:
    """List the files that an import loads: the module's and those of the packages around it."""
    parts = tuple(imported.module.split("."))
    if parts[0] != LIBRARY:
        if parts[0] not in sys.stdlib_module_names and (folder / f"{parts[0]}.py").is_file():
            raise CodeError(f"{where}: imports the script {parts[0]}: move what they share to {LIBRARY}")
        return []
    files: list[Path] = []
    found: list[Path] | None = None
    for length in range(1, len(parts) + 1):
        found = find(parts[:length])
        if found and length == 1:
            continue  # the library's own __init__.py, which every import of it runs: plumbing
        if found is None:
            raise CodeError(f"{where}: there is no module {'.'.join(parts[:length])}")
        if length == 2 and _is_plumbing(found):
            return files
        files += [file for file in found if file.stat().st_size]  # an empty __init__.py defines nothing
    if found and found[0].name != "__init__.py":
        return files
    # a package: the name is a module in it, or else something that its __init__.py defines
    whole = f"{imported.module}.{imported.name}".rstrip(".")
    inside = find((*parts, imported.name)) if imported.name else None
    if len(parts) == 1 and inside and _is_plumbing(inside):
        return files
    if inside is None and not set(found or []) & set(files):
        raise CodeError(f"{where}: {whole} is not a module, and no __init__.py defines it")
    return files + (inside or [])


def _is_plumbing(found: list[Path]) -> bool:
    """Whether a module beside the library's packages is a single file."""
    return bool(found) and found[0].name != "__init__.py"


def _find(folder: Path, parts: tuple[str, ...]) -> list[Path] | None:
    """Find a module's file as Python would: none for a package without ``__init__.py``, None if there is no module."""
    path = folder.joinpath(*parts)
    for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
        if file.is_file():
            return [file]
    return [] if path.is_dir() else None
