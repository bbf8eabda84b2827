from __future__ import annotations

from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_names_every_module_of_the_library() -> None:
    package = README.parent
    modules = {path.stem for path in package.glob("*.py")} | {
        path.parent.name for path in package.glob("*/__init__.py")
    }
    text = README.read_text(encoding="utf-8")
    assert {name for name in modules - {"__init__", "tests"} if f"`{name}`" not in text} == set()
