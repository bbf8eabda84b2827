"""Rows are locked so that no two can stand in each other's way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "regulars"
LOCKS_CUSTOMERS = "customers/locking.py"


def faults(name: str, source: str) -> list[str]:
    """Return what is wrong with the locks that a module takes."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "select_for_update"
        ):
            # A key never changes: whoever adds a row that names the locked one need not wait.
            if "no_key" not in {word.arg for word in call.keywords}:
                found.append(f"{name}:{call.lineno}: locks the key")
            if ast.unparse(call.func).startswith("CustomerRow.") and name != LOCKS_CUSTOMERS:
                found.append(f"{name}:{call.lineno}: locks customers, but not by lock_customers")
    return found


def test_rows_are_locked_without_their_keys_and_customers_in_one_place() -> None:
    files = [path for path in SOURCE.rglob("*.py") if "tests" not in path.relative_to(SOURCE).parts]
    texts = {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in files}
    assert sum("select_for_update" in text for text in texts.values()) > 20
    assert [fault for name, text in texts.items() for fault in faults(name, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "row = ShopRow.objects.select_for_update().first()",
        "rows = CustomerRow.objects.select_for_update(no_key=True).filter(id__in=ids)",
    ],
)
def test_another_lock_would_be_seen(text: str) -> None:
    assert len(faults("orders/services.py", text)) == 1
