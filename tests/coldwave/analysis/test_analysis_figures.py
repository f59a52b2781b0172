"""The figures of the analysis: whole, safe, and the same each time."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from coldwave.analysis import figures
from coldwave.exhibits.files import read_exhibit, write_exhibit_figure

HOSTILE = '<script>alert(1)</script> $x$ & "y"'
RNG = np.random.default_rng(0)


def drawn():
    places = np.random.default_rng(1).standard_normal((30, 2))
    groups = [None, "rock", HOSTILE] * 10
    curve = (np.linspace(-1, 1, 5), np.linspace(-0.5, 0.6, 5))
    return {
        "map": figures.song_map(places, groups, [(HOSTILE, 3)], HOSTILE),
        "bare map": figures.song_map(places, [None] * 30, [], "alt"),
        "empty map": figures.song_map(np.zeros((0, 2)), [], [], "alt"),
        "calibration": figures.calibration({HOSTILE: curve, "b": curve, "c": (curve[0][:0],) * 2}, "alt"),
        "confidence": figures.confidence_histogram(np.array([2.0, 3, 9]), np.array([100, 10, 1]), "alt"),
        "one confidence": figures.confidence_histogram(np.array([2.0]), np.array([100]), "alt"),
        "spectrograms": figures.spectrograms({HOSTILE: np.arange(2000.0).reshape(1000, 2)}, 0.02, "alt"),
        "filters": figures.filters(np.random.default_rng(2).standard_normal((20, 8, 3)), "alt"),
    }


DRAWN = drawn()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_whole_and_comes_back_from_its_file(name, tmp_path):
    write_exhibit_figure(tmp_path / "f.svg", DRAWN[name], "caption")
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(tmp_path / "f.svg").getroot().iter()}
    assert "script" not in tags
    assert read_exhibit(tmp_path / "f.svg").markup.strip() == DRAWN[name].strip()
    addresses = set(re.findall(r'href="([^"]{0,10})', DRAWN[name]))
    assert all(address.startswith(("#", "data:image")) for address in addresses)
    assert "matplotlib" not in DRAWN[name]


def test_the_same_figures_again():
    assert drawn() == DRAWN


def test_many_points_are_one_image():
    places = RNG.standard_normal((figures.MANY + 1, 2))
    many = figures.song_map(places, ["a", None, "b"] * 667, [], "alt")
    assert "data:image/png" in many and "data:image/png" not in DRAWN["map"]
    assert many.count("<use") < 100


def test_a_long_spectrogram_is_averaged_to_the_width_of_the_picture():
    frames = RNG.random((1249, 4)).astype(np.float32)
    narrow = figures._narrowed(frames, 100)
    assert narrow.shape == (100, 4)
    starts = np.linspace(0, 1249, 100, endpoint=False).astype(int)
    assert narrow[7] == pytest.approx(frames[starts[7] : starts[8]].mean(axis=0))
    assert figures._narrowed(frames[:50], 100) is not None and len(figures._narrowed(frames[:50], 100)) == 50
