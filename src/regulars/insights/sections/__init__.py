"""Further analyses that a run makes on its snapshot and keeps beside its report, each as JSON under its name."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.insights.contracts import METRICS, PRODUCTS, RFM_MAP, VALUE, SectionJson
from regulars.insights.sections.cohorts import make_cohorts
from regulars.insights.sections.ground import Ground, MakeSection
from regulars.insights.sections.metrics import make_metrics
from regulars.insights.sections.products import find_products
from regulars.insights.sections.rfm_map import make_rfm_map
from regulars.insights.sections.value import make_value
from regulars.kit.i18n import gettext, mark
from regulars.kit.progress import Progress

__all__ = ["SECTIONS", "Ground", "find_sections"]

SECTIONS: Mapping[str, tuple[str, MakeSection]] = {
    METRICS: (mark("Measuring the business"), make_metrics),
    "cohorts": (mark("Counting who comes back"), make_cohorts),
    RFM_MAP: (mark("Following customers from segment to segment"), make_rfm_map),
    VALUE: (mark("Spreading value and risk over the customers"), make_value),
    PRODUCTS: (mark("Comparing the products"), find_products),
}
"""By name: what a person is told while it is made, and what makes it."""


def find_sections(ground: Ground, *, progress: Progress) -> dict[str, SectionJson]:
    """Return all sections by name."""
    found = {}
    for number, (name, (doing, make)) in enumerate(SECTIONS.items()):
        progress(gettext(doing), number / len(SECTIONS))
        found[name] = make(ground)
    return found
