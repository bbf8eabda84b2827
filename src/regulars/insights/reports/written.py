"""A report as the text of its JSON file, in the language in which it is kept."""

from __future__ import annotations

import json

from regulars.kit import i18n
from regulars.report.contracts import Report
from regulars.report.json_form import to_json


def json_text(report: Report, *, language: str) -> str:
    """Return a report as `regulars report --json` writes it."""
    before = i18n.language()
    i18n.activate(language)
    try:
        return json.dumps(to_json(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    finally:
        i18n.activate(before)
