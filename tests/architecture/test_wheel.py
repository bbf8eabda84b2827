"""The wheel holds what runs: code, page, catalogues and built assets, and no tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel that is built from a copy, so that nothing is left in the checkout."""
    copy = tmp_path_factory.mktemp("wheel")
    shutil.copytree(
        ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("node_modules", "__pycache__", "*.egg-info")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    subprocess.run(
        [
            UV,
            "--no-config",
            "--offline",
            "build",
            "--quiet",
            "--wheel",
            "--no-build-isolation",
            "--python",
            sys.executable,
        ],
        cwd=copy,
        check=True,
    )
    [wheel] = (copy / "dist").glob("regulars-*.whl")
    with ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.mark.parametrize(
    "name",
    [
        "retention/py.typed",
        "regulars/py.typed",
        "regulars/design/static/report.css",
        "regulars/design/static/report.js",
        "regulars/locale/de/LC_MESSAGES/django.mo",
    ],
)
def test_the_wheel_holds_what_runs(names: list[str], name: str) -> None:
    assert name in names


def test_the_wheel_holds_every_module_and_template(names: list[str]) -> None:
    kinds = {".py", ".html", ".sql"}
    sources = [
        path.relative_to(ROOT / "src")
        for path in (ROOT / "src").rglob("*")
        if path.suffix in kinds and not {"tests", "node_modules", "__pycache__"} & set(path.parts)
    ]
    assert len(sources) > 50
    assert [str(path) for path in sources if str(path) not in names] == []


def test_the_wheel_holds_the_licences_but_no_tests_and_no_sources_of_assets(names: list[str]) -> None:
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert [name for name in names if {"tests", "node_modules", "src", "vite.config.js"} & set(Path(name).parts)] == []
