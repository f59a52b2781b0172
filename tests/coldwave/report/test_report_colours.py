"""The page's colours have contrast, in light and in dark: 4.5 to 1 for text, 3 to 1 for dots, as WCAG 2.2 asks."""

import re

import pytest

from coldwave.report.page import STYLE, TEMPLATES

BLOCKS = re.findall(r":root \{(.*?)\}", (TEMPLATES / STYLE).read_text(), re.DOTALL)
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in BLOCKS)
TEXT = ["ink", "muted", "accent"]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_has_contrast(colours):
    assert LIGHT.keys() == DARK.keys()
    dots = [name for name in colours if re.fullmatch(r"group-\d|step-\d|other", name)]
    assert len(dots) == 11
    low = {name: round(contrast(colours[name], colours["card"]), 2) for name in dots}
    assert {name: value for name, value in low.items() if value < 3} == {}
    low = {
        (name, behind): contrast(colours[name], colours[behind]) for name in TEXT for behind in ("page", "card", "wash")
    }
    assert {name: value for name, value in low.items() if value < 4.5} == {}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_steps_of_popularity_are_in_the_order_of_their_contrast(colours):
    steps = [contrast(colours[f"step-{step}"], colours["card"]) for step in range(4)]
    assert steps == sorted(steps) and min(after / before for before, after in zip(steps, steps[1:], strict=False)) > 1.3
