"""The metrics of the business: what each means, what is better, who stands behind it, and what others publish of it.

A metric is a figure of the whole business on a day: of a window of days that ends with it, or of the state on it. What
it is computed by stands in `sections/metrics.py`. Texts are messages to be translated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from regulars.kit.i18n import mark
from regulars.report.definitions import DEFINITIONS

WINDOWS_DAYS: Sequence[int] = (28, 91, 364)
"""The lengths of window: whole weeks, so that each holds as many of each weekday as the one before."""

STEP_DAYS = 28
"""How far apart the days lie on which windows end."""

NO_WINDOW = 0
"""In the place of a window's length, of what is of none."""


class MetricUnit(StrEnum):
    """What a metric is counted in."""

    SHARE = "share"
    CUSTOMERS = "customers"
    MONEY = "money"
    NUMBER = "number"


class Better(StrEnum):
    """Whether more of it is better."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What somebody has published of other businesses: a share, of whom it is said, by whom, and where it stands."""

    value: float
    who: str
    source: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure of the business.

    `windowed` tells whether it is of a window. `people` is a condition in text that holds for those behind it, with
    `{before}`, `{start}` and `{end}` for the first day of the window before, of the window, and after it.
    """

    name: str
    label: str
    definition: str
    unit: MetricUnit
    better: Better
    windowed: bool = True
    people: str = ""
    benchmarks: Sequence[Benchmark] = ()


def _defined(name: str, term: str, *, label: str = "", **more: object) -> Metric:
    known = DEFINITIONS[term]
    return Metric(name=name, label=label or known.term, definition=known.text, **more)  # type: ignore[arg-type]


_BEFORE = "purchases.count(since: {before}, until: {start})"
_WITHIN = "purchases.count(since: {start}, until: {end})"
# A survey among shops that use its analytics: buyers with a second order, of all buyers.
_METRILO = {"source": "Metrilo, survey of its shops", "address": "https://www.metrilo.com/glossary/retention-rate/"}
# What retailers of the United States told of the year 2021: 166 million returned of each billion sold.
_NRF = {
    "source": "National Retail Federation and Appriss Retail, Customer Returns in the Retail Industry 2021",
    "address": "https://nrf.com/research/customer-returns-retail-industry-2021",
}

_ALL: Sequence[Metric] = (
    _defined(
        "retention_rate",
        "retention_rate",
        unit=MetricUnit.SHARE,
        better=Better.MORE,
        people=f"{_BEFORE} >= 1 and {_WITHIN} >= 1",
    ),
    _defined(
        "churn_rate",
        "churn_rate",
        unit=MetricUnit.SHARE,
        better=Better.LESS,
        people=f"{_BEFORE} >= 1 and {_WITHIN} = 0",
    ),
    _defined(
        "repeat_purchase_rate",
        "repeat_purchase_rate",
        unit=MetricUnit.SHARE,
        better=Better.MORE,
        windowed=False,
        people="purchases.count >= 2",
        benchmarks=(
            Benchmark(value=0.28, who=mark("online shops on average"), **_METRILO),
            Benchmark(value=0.30, who=mark("online shops for coffee"), **_METRILO),
            Benchmark(value=0.26, who=mark("online shops for clothing"), **_METRILO),
            Benchmark(value=0.26, who=mark("online shops for beauty"), **_METRILO),
            Benchmark(value=0.315, who=mark("online shops for pets"), **_METRILO),
        ),
    ),
    _defined(
        "active_customers",
        "active",
        unit=MetricUnit.CUSTOMERS,
        better=Better.MORE,
        people=f"{_WITHIN} >= 1",
    ),
    _defined(
        "new_customers",
        "who_new",
        label=mark("New customers"),
        unit=MetricUnit.CUSTOMERS,
        better=Better.MORE,
        people="purchases.first >= {start} and purchases.first < {end}",
    ),
    _defined(
        "revenue",
        "revenue",
        unit=MetricUnit.MONEY,
        better=Better.MORE,
        people=f"{_WITHIN} >= 1",
    ),
    Metric(
        name="revenue_of_regulars",
        label=mark("Revenue from regulars"),
        definition=mark("What customers paid in the window, less refunds, who had bought before it began."),
        unit=MetricUnit.MONEY,
        better=Better.MORE,
        people=f"purchases.first < {{start}} and {_WITHIN} >= 1",
    ),
    _defined("returning_share", "returning_share", unit=MetricUnit.SHARE, better=Better.NEITHER),
    _defined("average_purchase_value", "average_purchase_value", unit=MetricUnit.MONEY, better=Better.MORE),
    Metric(
        name="purchase_frequency",
        label=mark("Purchases per active customer"),
        definition=mark("Purchases in the window, divided by the customers who made any."),
        unit=MetricUnit.NUMBER,
        better=Better.MORE,
    ),
    Metric(
        name="refunded_share",
        label=mark("Refunded share"),
        definition=mark("Of what customers paid in the window, the share that was refunded, then or later."),
        unit=MetricUnit.SHARE,
        better=Better.LESS,
        people="orders.returned(since: {start}, until: {end}) > 0",
        benchmarks=(Benchmark(value=0.166, who=mark("retailers of the United States, by sales"), **_NRF),),
    ),
    Metric(
        name="customers_at_risk",
        label=mark("Customers at risk"),
        definition=DEFINITIONS["at_stake"].text,
        unit=MetricUnit.CUSTOMERS,
        better=Better.LESS,
        windowed=False,
        people="churn.at_risk",
    ),
    _defined(
        "revenue_at_stake",
        "at_stake",
        unit=MetricUnit.MONEY,
        better=Better.LESS,
        windowed=False,
        people="churn.at_risk",
    ),
    _defined("clv_expected", "clv_expected", unit=MetricUnit.MONEY, better=Better.MORE, windowed=False),
    _defined("customer_equity", "customer_equity", unit=MetricUnit.MONEY, better=Better.MORE, windowed=False),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
"""All metrics by name, in the order in which one reads them."""
