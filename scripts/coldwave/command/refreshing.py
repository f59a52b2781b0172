"""Make a playlist again from the recipe that is stored in it."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from coldwave.command.mixes import Mix, Mixed, make_mix
from coldwave.command.recommending import Found, Wanted, best_songs
from coldwave.command.runs import open_run
from coldwave.errors import InputError
from coldwave.playlists.files import read_recipe

_MAKERS = {"playlist": (Mix, make_mix), "recommend": (Wanted, best_songs)}


def refreshed(path: Path) -> Mixed | Found:
    """Make the songs of a playlist anew, with the run as it is now.

    Raises
    ------
    InputError
        The file holds no recipe that is understood, or what it names is gone.
    """
    recipe = read_recipe(path)
    kind, make = _MAKERS.get(str(recipe.pop("command", None)), (None, None))
    if kind is None:
        raise InputError(f"{path}: its recipe is of no command that makes playlists; make the playlist anew")
    wanted = _checked(path, kind, recipe)
    return make(open_run(wanted.run), wanted)


def _checked(path: Path, kind: type, recipe: dict[str, Any]) -> Any:
    """Make what was asked for of a recipe, which anybody may have edited."""
    unknown = recipe.keys() - {one.name for one in fields(kind)}
    try:
        if unknown:
            raise TypeError(f"unknown: {', '.join(sorted(unknown))}")
        wanted = kind(**recipe)
        for one in fields(kind):
            value = getattr(wanted, one.name)
            if isinstance(value, list) and not all(isinstance(item, str) for item in value):
                raise TypeError(f"{one.name} is no list of texts")
            if not isinstance(value, _TYPES[one.name]):
                raise TypeError(f"{one.name}: {value!r}")
        return wanted
    except TypeError as error:
        raise InputError(f"{path}: its recipe cannot be read ({error}); make the playlist anew") from error


_TEXT = (str, type(None))
_TYPES: dict[str, Any] = {
    "run": str, "user": _TEXT, "history": list, "library": _TEXT, "among": str, "n": int,
    "per_artist": (int, type(None)), "exclude": list, "model": _TEXT, "overrides": _TEXT, "path_prefix": list,
    "seeds": list, "others": list, "to": _TEXT, "variety": (int, float), "seed": int,
}  # fmt: skip
