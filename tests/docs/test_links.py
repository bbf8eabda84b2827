"""The documents' links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)[^)]*\)")


def broken_links(document: Path) -> list[str]:
    """Return the relative links of a document that lead to no file."""
    links = LINK.findall(document.read_text(encoding="utf-8"))
    return [link for link in links if not (document.parent / link).exists()]


def test_every_relative_link_leads_to_a_file() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("README.md")]
    documents = [path for path in documents if "node_modules" not in path.parts]
    assert {str(path.relative_to(ROOT)): found for path in documents if (found := broken_links(path))} == {}


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("[here](page.md) [there](absent.md#part) [far](https://example.org)", encoding="utf-8")
    assert broken_links(document) == ["absent.md"]
