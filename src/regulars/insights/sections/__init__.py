"""Further analyses that a run makes on its snapshot and keeps beside its report, each as JSON under its name."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.insights.cohorts import SECTION as COHORTS
from regulars.insights.contracts import METRICS, PRODUCTS, RFM_MAP, VALUE, SectionJson
from regulars.insights.sections.by_day import bought_by_day
from regulars.insights.sections.cohorts import make_cohorts
from regulars.insights.sections.ground import Ground, MakeOfDays, MakeSection
from regulars.insights.sections.metrics import make_metrics
from regulars.insights.sections.products import find_products
from regulars.insights.sections.rfm_map import make_rfm_map
from regulars.insights.sections.value import make_value
from regulars.kit.i18n import gettext, mark
from regulars.kit.progress import Progress

__all__ = ["OF_DAYS", "OF_ORDERS", "Ground", "find_of_days", "find_of_orders"]

OF_DAYS: Mapping[str, tuple[str, MakeOfDays]] = {
    METRICS: (mark("Measuring the business"), make_metrics),
    COHORTS: (mark("Counting who comes back"), make_cohorts),
}
OF_ORDERS: Mapping[str, tuple[str, MakeSection]] = {
    RFM_MAP: (mark("Following customers from segment to segment"), make_rfm_map),
    VALUE: (mark("Spreading value and risk over the customers"), make_value),
    PRODUCTS: (mark("Comparing the products"), find_products),
}
"""By name: what a person is told while it is made, and what makes it; of days in memory, or of orders in the engine."""


def find_of_days(ground: Ground, *, progress: Progress) -> dict[str, SectionJson]:
    """Return all sections of what was bought by day, by name."""
    found = {}
    with bought_by_day(ground.connection, ground.snapshot, ground.bought, as_of=ground.as_of) as bought:
        for number, (name, (doing, make)) in enumerate(OF_DAYS.items()):
            progress(gettext(doing), number / len(OF_DAYS))
            found[name] = make(ground, bought.anew())
    return found


def find_of_orders(ground: Ground, *, progress: Progress) -> dict[str, SectionJson]:
    """Return all sections for which the engine is asked for the orders, by name; it is best to have these stored."""
    found = {}
    for number, (name, (doing, make)) in enumerate(OF_ORDERS.items()):
        progress(gettext(doing), number / len(OF_ORDERS))
        found[name] = make(ground)
    return found
