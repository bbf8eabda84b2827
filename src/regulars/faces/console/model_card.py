"""The model card of a run in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.report.contracts import Report, Risk
from regulars.report.page.names import model_meaning
from regulars.report.page.sentences import trust_lede
from regulars.report.wording import count_of_customers, count_of_orders, exists, say, span


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A question to the card, and its answer in sentences."""

    title: str
    sentences: Sequence[str]


def card_of(report: Report) -> list[Part]:
    """Return the card in plain words."""
    return [
        Part(title=gettext("What it is for"), sentences=_purpose(report)),
        Part(title=gettext("What it was learnt from"), sentences=_learnt_from(report)),
        Part(title=gettext("How it was tested"), sentences=_tested(report)),
        Part(title=gettext("How far to trust it"), sentences=_trust(report)),
        Part(title=gettext("When not to use it"), sentences=_not_for(report)),
    ]


def _purpose(report: Report) -> list[str]:
    return [
        gettext(
            "It says of each customer how many orders to expect within {horizon}, what they come to, and how likely it"
            " is that none comes; and the value of the next 12 months."
        ).format(horizon=span(report.meta.horizon_days)),
        gettext("Use it to choose whom to write to first, and to plan what today's customers will bring."),
    ]


def _learnt_from(report: Report) -> list[str]:
    metrics, meta, models = report.metrics, report.meta, report.models.purchase
    told = [
        gettext("From {orders} of {customers}, from {first} to {last}.").format(
            orders=count_of_orders(metrics.orders),
            customers=count_of_customers(metrics.customers),
            first=formats.day(meta.first_on),
            last=formats.day(meta.as_of),
        )
    ]
    if models.chosen:
        told.append(
            gettext("Of {count} models it chose {model}: {meaning}").format(
                count=formats.number(len(models.candidates)), model=models.chosen, meaning=model_meaning(models.chosen)
            )
        )
    told += [say(why, meta.currency) for why in models.why]
    return told


def _tested(report: Report) -> list[str]:
    backtest, risk = report.backtest, report.risk
    if backtest is None:
        told = [trust_lede(report)]
    else:
        told = [
            gettext(
                "It saw only what was known on {cut}, and had to foretell what {customers} would do until {until}."
            ).format(
                cut=formats.day(backtest.cut),
                until=formats.day(backtest.until),
                customers=count_of_customers(backtest.customers),
            )
        ]
    return told + _risk_tested(risk)


def _risk_tested(risk: Risk | None) -> list[str]:
    if risk is None:
        return [gettext("There is no risk estimate: the history is too short to learn one and to test it.")]
    if risk.method != "classifier":
        return [gettext("The risk is the model's own chance of no purchase.")] + (
            [say(risk.reason)] if risk.reason else []
        )
    told = gettext("The risk was learned from earlier stretches, calibrated on a second, and measured on a third.")
    if not exists(risk.auc):
        return [told]
    words = gettext(
        "Of two customers of whom one then ordered and one did not, it gave the higher risk to the right one in {share}"
        " of the cases; days since the last order alone would do so in {naive}."
    )
    return [told, words.format(share=formats.percent(risk.auc), naive=formats.percent(risk.auc_recency))]


def _trust(report: Report) -> list[str]:
    told = [] if report.backtest is None else [trust_lede(report)]
    coverage = report.backtest.interval_coverage if report.backtest else None
    if exists(coverage):
        told.append(
            gettext("{share} of the customers bought as often as their interval of 90 % said.").format(
                share=formats.percent(coverage)
            )
        )
    gap = _widest_gap(report.risk)
    if gap is not None:
        told.append(
            gettext(
                "Where it foretold a risk of {predicted}, {actual} placed no order: the widest gap of all tenths."
            ).format(predicted=formats.percent(gap[0]), actual=formats.percent(gap[1]))
        )
    told += [say(finding, report.meta.currency) for finding in report.findings]
    return told or [gettext("Nothing was tested yet, so take it as a rough guide only.")]


def _widest_gap(risk: Risk | None) -> tuple[float, float] | None:
    points = [(p, a) for p, a, _ in risk.calibration if exists(p) and exists(a)] if risk else []
    return max(points, key=lambda point: abs(point[0] - point[1]), default=None)


def _not_for(report: Report) -> list[str]:
    told = [
        gettext(
            "Not to tell the fate of one customer: of ten with a risk of 70 %, about three will order all the same."
        ),
        gettext("Not to plan with customers yet to come: only those who have bought are counted."),
        gettext(
            "Not after what the history has not seen, such as new prices, a closed shop or another range, until some"
            " weeks of it have passed."
        ),
    ]
    if report.models.spend.reason is not None:
        told.append(say(report.models.spend.reason, report.meta.currency))
    return told
