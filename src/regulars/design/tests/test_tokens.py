"""The colours can be read by everyone: each pair of text and ground holds WCAG's contrast, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parent.parent / "src" / "tokens.css"
TEXT = 4.5
GRAPHICS = 3.0
GROUNDS = ("ground", "panel", "sunken")
READABLE = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-soft", "ink-faint", "good", "loss") for ground in GROUNDS),
    *((tone, f"{tone}-soft", TEXT) for tone in ("good", "attention", "loss", "info")),
    ("ink-soft", "line-soft", TEXT),
    ("on-good", "good", TEXT),
    ("on-sand", "sand", TEXT),
    ("ink", "good-soft", TEXT),
    *(("attention", ground, TEXT) for ground in GROUNDS),
    *(("info", ground, TEXT) for ground in GROUNDS),
    ("scan-ink", "scan-ground", TEXT),
    ("edge", "panel", GRAPHICS),
    *(("on-heat-low", f"heat-{level}", TEXT) for level in range(5)),
    *(("on-heat-high", f"heat-{level}", TEXT) for level in (5, 6)),
    *((f"tone-{tone}", "panel", GRAPHICS) for tone in ("returning", "lapsed", "actual", "predicted")),
]


def _tokens(scheme: str) -> dict[str, str]:
    light, dark = TOKENS.read_text(encoding="utf-8").split("@variant dark", maxsplit=1)
    found = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", dark))
    return found


def _luminance(colour: str) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: str, b: str) -> float:
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), READABLE)
def test_a_pair_of_tokens_has_enough_contrast(scheme: str, ink: str, ground: str, least: float) -> None:
    tokens = _tokens(scheme)
    assert _contrast(tokens[ink], tokens[ground]) >= least


def test_contrast_is_measured_as_the_standard_has_it() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_dark_changes_only_tokens_that_light_has() -> None:
    light, dark = (
        set(re.findall(r"--([\w-]+):", part))
        for part in TOKENS.read_text(encoding="utf-8").split("@variant dark", maxsplit=1)
    )
    assert dark
    assert dark <= light
