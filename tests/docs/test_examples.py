"""What the documents show is run: Python as doctests, `$ regulars …` through the command, beside an orders.csv."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import shlex
from datetime import date
from pathlib import Path

import pytest
from pyarrow import csv
from typer.testing import CliRunner

import retention
from regulars.demo.orders import make_orders
from regulars.faces.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        # Programs of recipes are whole files: test_recipes runs them.
        *(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "recipes"),
        *(path for path in (ROOT / "src").rglob("*.md") if "node_modules" not in path.parts),
    ]
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = [
    module.name
    for module in pkgutil.walk_packages(retention.__path__, "retention.")
    if ".tests" not in module.name and not module.name.endswith(".conftest")
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the orders of a small demo shop."""
    folder = tmp_path_factory.mktemp("shop")
    csv.write_csv(make_orders(300, date(2026, 11, 20)), folder / "orders.csv")
    return folder


def blocks(text: str, language: str) -> list[str]:
    return [body for found, body in BLOCK.findall(text) if found == language]


def failures_of_python(text: str) -> str:
    """Run a document's Python blocks in one namespace, and return what doctest says of those that fail."""
    source = "\n".join(blocks(text, "python"))
    test = doctest.DocTestParser().get_doctest(source, {}, "example", None, None)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append)
    return "".join(said)


def commands(text: str) -> list[tuple[list[str], str]]:
    """Return the `regulars` commands of a document's console blocks, with the output shown (… leaves something out)."""
    found = []
    for block in blocks(text, "console"):
        for shown in re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
            command, _, output = shown.partition("\n")
            words = shlex.split(command, comments=True)
            if words[:1] == ["regulars"]:
                found.append((words[1:], output.strip()))
    return found


def failures_of_commands(text: str) -> list[str]:
    """Run a document's commands, and return what went otherwise than shown."""
    failed = []
    for arguments, shown in commands(text):
        done = CliRunner().invoke(app, arguments, env={"LANGUAGE": "en"})
        line = shlex.join(["regulars", *arguments])
        expected = shown.replace("…", "...")
        if done.exit_code:
            failed.append(f"{line} ended with {done.exit_code}: {done.output}{done.exception or ''}")
        elif shown and not doctest.OutputChecker().check_output(f"{expected}\n", done.output, OPTIONS):
            failed.append(f"{line} printed:\n{done.output}")
    return failed


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_document_work(document: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    text = document.read_text(encoding="utf-8")
    assert failures_of_python(text) == ""
    assert failures_of_commands(text) == []


def test_the_readme_shows_the_library_and_the_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert ">>>" in "".join(blocks(readme, "python"))
    assert len(commands(readme)) >= 2


@pytest.mark.parametrize("block", blocks("\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS), "python"))
def test_a_python_block_is_a_session_so_that_it_is_run(block: str) -> None:
    assert block.lstrip().startswith(">>> ")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_science_work(name: str) -> None:
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for test in doctest.DocTestFinder().find(importlib.import_module(name)):
        runner.run(test, out=said.append)
    assert "".join(said) == ""


def test_a_wrong_example_is_seen() -> None:
    text = (
        "```python\n>>> 1 + 1\n3\n```\n"
        "```console\n$ regulars report absent.csv\n$ regulars --version\nregulars 9…\n```\n"
        "```console\n$ regulars --version\nregulars …\n```\n"
    )
    assert "Expected:\n    3\nGot:\n    2" in failures_of_python(text)
    assert len(failures_of_commands(text)) == 2
