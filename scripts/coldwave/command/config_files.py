"""The config files that a call of Snakemake names, and what is wrong with one that Snakemake cannot read."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import yaml


def config_files(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Separate the paths after --configfile from all other arguments of a call: the paths, and the others."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", type=Path, default=[])
    found, others = parser.parse_known_args(arguments)
    return found.configfile, others


def mistake_in(path: Path) -> str | None:
    """Say on one line why a config file cannot be read: the file, the line and what to do; None if it can be."""
    try:
        text = path.read_text(encoding="utf-8")
        config = yaml.safe_load(text)
    except FileNotFoundError:
        hint = "" if path.suffix else f"; if {path} is a target, write -- before it: --configfile FILE -- {path}"
        return f"{path}: there is no such config file{hint}"
    except OSError as error:
        return f"{path}: cannot be read as a config file: {error.strerror}"
    except UnicodeDecodeError as error:
        return f"{path}: not encoded in UTF-8 (byte {error.start})"
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        if "\t" in (text.splitlines()[line - 1 : line] or [""])[0]:
            return f"{path}, line {line}: there is a tab; indent YAML by spaces only"
        context = f"{error.context}, " if error.context else ""
        return f"{path}, line {line}: not valid YAML: {context}{error.problem}"
    except yaml.YAMLError as error:
        return f"{path}: not valid YAML: {' '.join(str(error).split())}"
    if not isinstance(config, dict):
        return f"{path}: its content is not a mapping of keys to values, such as `run: mine`"
    return None
