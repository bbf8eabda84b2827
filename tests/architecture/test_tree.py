"""What a linter cannot see of the files themselves."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from inspect import isfunction
from pathlib import Path

import pytest

from regulars import __version__
from retention import metrics

ROOT = Path(__file__).parents[2]
LONGEST_FILE_LINES = 500
# Registries are the installer's business, and a path of one machine is nobody else's.
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|anaconda)\.(?:org|com)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|root)/[a-z]\w*")
# The licence's own words and the pictures are not ours to search.
NOT_SEARCHED = {"LICENSE"}


def files() -> list[Path]:
    """Return the files that git holds or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def python_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".py"]


def strangers(text: str) -> list[str]:
    """Return the registry hosts and machine paths that a text names."""
    found = [match[0] for pattern in (REGISTRY, MACHINE_PATH) for match in pattern.finditer(text)]
    return found + [str(path) for path in (ROOT, ROOT.parent) if len(path.parts) > 1 and f"{path}/" in text]


def test_no_file_names_a_registry_or_a_path_of_this_machine() -> None:
    texts = {path: path.read_bytes().decode("utf-8", "replace") for path in files() if path.name not in NOT_SEARCHED}
    assert len(texts) > 50
    assert {str(path.relative_to(ROOT)): found for path, text in texts.items() if (found := strangers(text))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "https://{}.org/simple".format("pypi"),
        "files.{}.org".format("pythonhosted"),
        "/{}/me/x".format("home"),
        f"see {ROOT}/src",
    ],
)
def test_a_registry_or_a_path_of_this_machine_would_be_seen(text: str) -> None:
    assert strangers(text)


def test_no_module_is_longer_than_a_reader_bears() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()
    }
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE_LINES} == {}


def test_every_rung_and_the_science_say_in_a_readme_what_they_promise() -> None:
    rungs = [path.parent for path in (ROOT / "src/regulars").glob("*/__init__.py") if path.parent.name != "faces"]
    faces = [path.parent for path in (ROOT / "src/regulars/faces").glob("*/__init__.py")]
    packages = [ROOT / "src/retention", *rungs, *faces]
    assert [str(path.relative_to(ROOT)) for path in packages if not (path / "README.md").is_file()] == []


def hidden_absences(source: str) -> list[str]:
    """Return what leaves a test out without `REQUIRE_ALL` knowing of it, and expected failures without a reason."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "importorskip"}:
            found.append(f"line {node.lineno}: {node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "xfail":
            found += [] if any(word.arg == "reason" for word in node.keywords) else [f"line {node.lineno}: xfail"]
    return found


def test_a_test_is_left_out_only_by_the_root_conftest() -> None:
    tests = [path for path in python_files() if path.name.startswith("test_")]
    assert len(tests) > 10
    found = {str(path.relative_to(ROOT)): hidden_absences(path.read_text(encoding="utf-8")) for path in tests}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_hidden_skip_would_be_seen() -> None:
    source = "import pytest\npytest.importorskip('numpy')\n@pytest.mark.skipif(True, reason='x')\ndef test_it(): ...\n"
    assert hidden_absences(source) == ["line 2: importorskip", "line 3: skipif"]


def test_there_is_one_version_and_a_place_for_the_next_changes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def undefined_metrics(glossary: str) -> list[str]:
    """Return the metrics of the science that the glossary does not name."""
    return [name for name in metrics.__all__ if isfunction(getattr(metrics, name)) and name not in glossary]


def test_every_metric_stands_in_the_glossary() -> None:
    assert undefined_metrics((ROOT / "docs/glossary.md").read_text(encoding="utf-8")) == []


def test_a_metric_without_a_definition_is_seen() -> None:
    assert "churn_rate" in undefined_metrics("Nothing is defined here.")
