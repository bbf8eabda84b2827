"""All that comes on the audit trail is told in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import regulars
from regulars.faces.console.audit_words import ACTION_WORDS, OBJECT_WORDS, action_in_words
from regulars.faces.console.security.words import NOTICES
from regulars.staff.consumers import BUSINESS_CHANGED

SOURCE = Path(regulars.__file__).parent


def recorded() -> Iterator[tuple[str, str | None]]:
    """Yield each action and kind of object that the source writes on the trail, where it names them."""
    for path in SOURCE.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                action, kind = (each.value if isinstance(each, ast.Constant) else None for each in node.args[1:3])
                if isinstance(action, str):
                    yield action, str(kind) if kind else None


def test_every_action_and_object_has_words() -> None:
    found = list(recorded())
    assert len(found) > 30
    actions = {action for action, _ in found} | BUSINESS_CHANGED | NOTICES.keys()
    assert actions <= ACTION_WORDS.keys()
    kinds = {kind for _, kind in found if kind} | {action.split(".")[0] for action in BUSINESS_CHANGED}
    assert kinds <= OBJECT_WORDS.keys()
    assert action_in_words("thing.done") == "thing.done"
