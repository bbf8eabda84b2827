"""Render the report: one file that needs nothing else, under a policy that lets it fetch nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from regulars.design import asset_text
from regulars.kit import formats, i18n
from regulars.report import wording
from regulars.report.contracts import Backtest, Report
from regulars.report.definitions import DEFINITIONS
from regulars.report.page import names, sentences, tables
from regulars.report.page.charts import all_figures
from regulars.report.page.cohort_map import cohort_map
from regulars.report.page.figures import Figure, spark_path
from regulars.report.segments import segment_look


def render_html(report: Report, *, language: str) -> str:
    """Return the report as one self-contained HTML page in `language`.

    Raises
    ------
    AssetsNotBuilt
        The styles and scripts are missing.
    KeyError
        `language` is not one of ours.
    """
    before = i18n.language()
    i18n.activate(language)
    try:
        return _environment().get_template("page.html").render(_context(report))
    finally:
        i18n.activate(before)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("regulars.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext
    )
    environment.filters |= {
        "cash": wording.cash,
        "day": formats.day,
        "driver": names.driver_name,
        "known": wording.is_known,
        "model_meaning": names.model_meaning,
        "number": formats.number,
        "percent": formats.percent,
        "plain": wording.plain,
        "role": names.role_name,
        "column": names.column_name,
        "bounded": wording.is_bounded,
        "first_sentence": wording.first_sentence,
        "say": wording.say,
        "segment": segment_look,
        "signed_percent": wording.signed_percent,
        "signed_points": wording.signed_points,
        "span": wording.span,
        "spark": spark_path,
        "symbol": names.symbol,
    }
    return environment


def _context(report: Report) -> dict[str, Any]:
    cohorts = cohort_map(report)
    figures = all_figures(report) | tables.table_figures(report)
    if cohorts is not None:
        figures[cohorts.figure.name] = cohorts.figure
    style, script = Markup(asset_text("report.css")), Markup(asset_text("report.js"))  # noqa: S704 (ours, built)
    return {
        "report": report,
        "meta": report.meta,
        "metrics": report.metrics,
        "currency": report.meta.currency,
        "language": i18n.language(),
        "figures": figures,
        "figures_json": _json(figures),
        "cohorts": cohorts,
        "segments": tables.segment_rows(report),
        "people_shown": tables.PEOPLE_SHOWN,
        "definitions": {key: (i18n.gettext(d.term), i18n.gettext(d.text)) for key, d in DEFINITIONS.items()},
        "sentences": sentences,
        "relative_change": wording.relative_change,
        "active_by_period": [p.new + p.returning + p.reactivated for p in report.activity if not p.partial],
        "worst_error": _worst_error(report.backtest),
        "strongest_driver": max((driver.importance for driver in report.risk.drivers), default=0) if report.risk else 0,
        "used_share": report.data.used / report.data.rows if report.data.rows else None,
        "unit_word": i18n.gettext("weeks") if report.meta.unit == "week" else i18n.gettext("days"),
        "style": style,
        "script": script,
        "policy": _policy(script, style),
    }


def _worst_error(backtest: Backtest | None) -> float | None:
    """Return the largest mean error of the backtest, against which the bars are drawn."""
    if backtest is None:
        return None
    naive = (backtest.baselines.own_rate, backtest.baselines.last_period, backtest.baselines.seasonal)
    errors = [backtest.mae, *(each.mae for each in naive if each is not None)]
    return max(filter(math.isfinite, errors), default=None)


def _json(figures: Mapping[str, Figure]) -> Markup:
    """Return what the script draws from, safe inside a script element."""
    payload = {name: figure.payload for name, figure in figures.items()}
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))  # noqa: S704 (escaped just here)


def content_policy() -> str:
    """Return the content security policy that stands in each page: who serves one may send it as a header too."""
    return _policy(asset_text("report.js"), asset_text("report.css"))


def _policy(script: str, style: str) -> str:
    """Allow this script and this style sheet by their hashes, the fonts inside it, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; font-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
