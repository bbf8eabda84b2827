"""NOTICE names what Regulars stands on, with the licences that the packages themselves state."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
BASE = [
    Requirement(line).name
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
]
# What the charts and styles are made of: the name in NOTICE, and the npm package that states the licence.
BUNDLED = {
    "ECharts": "echarts",
    "zrender": "zrender",
    "tslib": "tslib",
    "htmx": "htmx.org",
    "Inter": "@fontsource-variable/inter",
    "Tailwind CSS": "tailwindcss",
    "daisyUI": "daisyui",
}
# The families that a stated licence belongs to, in SPDX's words; the order decides ("BSD" stands in many texts).
FAMILIES = {"Apache-2.0": r"Apache", "MIT": r"\bMIT\b", "BSD-3-Clause": r"BSD", "PSF-2.0": r"PSF|Python Software"}
FAMILIES |= {"LGPL-3.0-only": r"LGPL-3\.0-only", "Unlicense": r"Unlicense"}


def noted() -> dict[str, str]:
    """Return the licence that NOTICE states for each name."""
    return {name.lower(): licence for name, licence in re.findall(r"^- (.+?) · ([\w.+-]+)", NOTICE, flags=re.MULTILINE)}


def stated(package: PackageMetadata) -> set[str]:
    """Return the families of the licence that an installed package states."""
    fields = package.json
    # Some packages put the licence's whole text where its name belongs; the name comes first.
    words = [str(fields.get("license_expression", "")), str(fields.get("license", ""))[:200]]
    words += [line for line in fields.get("classifier", []) if line.startswith("License")]
    return {family for family, pattern in FAMILIES.items() if any(re.search(pattern, text) for text in words)}


@pytest.mark.parametrize("name", BASE)
def test_each_base_dependency_is_noted_with_the_licence_it_states(name: str) -> None:
    assert noted()[name.lower()] in stated(metadata(name))


@pytest.mark.parametrize(("name", "package"), BUNDLED.items())
def test_what_the_built_assets_bundle_is_noted(name: str, package: str) -> None:
    lock = json.loads((ROOT / "src/regulars/design/package-lock.json").read_text(encoding="utf-8"))
    assert noted()[name.lower()] == lock["packages"][f"node_modules/{package}"]["license"]


def test_the_licence_is_the_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
