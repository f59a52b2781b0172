"""Make a playlist again from the recipe that is stored in it."""

from pathlib import Path
from typing import Any, get_origin, get_type_hints

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
    types = get_type_hints(kind)
    try:
        if unknown := recipe.keys() - types:
            raise TypeError(f"unknown: {', '.join(sorted(unknown))}")
        wanted = kind(**recipe)
        for name, hint in types.items():
            value = getattr(wanted, name)
            if get_origin(hint) is list:
                if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                    raise TypeError(f"{name} is no list of texts")
            elif not isinstance(value, hint | int if hint is float else hint):
                raise TypeError(f"{name}: {value!r}")
        return wanted
    except TypeError as error:
        raise InputError(f"{path}: its recipe cannot be read ({error}); make the playlist anew") from error
