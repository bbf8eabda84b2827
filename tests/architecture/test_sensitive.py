"""Who sees what is sensitive is decided in one place, and who asks without saying that they do is denied."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.customers.questions import setting_of
from regulars.exports import queries, services
from regulars.exports.kinds.protocol import Chosen
from regulars.facts.catalogue import get_catalogue

SOURCE = Path(__file__).parents[2] / "src" / "regulars"
# What may stand where: its pattern, and the files that hold it for a reason.
ONLY = {
    # To compare a class with another is to decide; the settings of traits say each in words.
    r"\bClassification\.SENSITIVE\b|\bis (?:not )?SENSITIVE\b": {
        "kit/classification.py",
        "faces/console/traits.py",
    },
    # All facts, whoever looks: their reference, which knows no customer.
    r"\bdeclared_catalogue\(": {"facts/catalogue.py", "facts/reference.py"},
    # Seen by whoever asks: the command line stands on the machine that has the database.
    r"\bsees_sensitive=True\b": {"faces/cli/exports.py"},
}


def files_with(pattern: str, texts: dict[str, str]) -> set[str]:
    return {name for name, text in texts.items() if re.search(pattern, text)}


@pytest.mark.parametrize("pattern", ONLY)
def test_nobody_else_decides_who_sees_what_is_sensitive(pattern: str) -> None:
    files = [path for path in SOURCE.rglob("*.py") if "tests" not in path.relative_to(SOURCE).parts]
    texts = {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in files}
    assert len(texts) > 300
    assert files_with(pattern, texts) == ONLY[pattern]


@pytest.mark.parametrize(
    "text",
    [
        "shown = fact.classification is not Classification.SENSITIVE",
        "facts = declared_catalogue().facts",
        "setting = setting_of(business, now=now, sees_sensitive=True)",
    ],
)
def test_a_place_of_its_own_would_be_seen(text: str) -> None:
    assert any(files_with(pattern, {"faces/mcp/facts.py": text}) for pattern in ONLY)


def test_who_says_nothing_is_denied() -> None:
    asked: list[Callable[..., Any]] = [get_catalogue, setting_of, queries.get_export, queries.list_exports]
    asked += [services.ask_for, services.download, services.remove, Chosen]
    told = [inspect.signature(each).parameters["sees_sensitive"].default for each in asked]
    assert told == [False] * len(asked)
