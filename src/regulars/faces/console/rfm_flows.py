"""How customers went from segment to segment: a chart of flows, and the largest of them in words.

Each leads to its customers by what was kept then. A run tells of four weeks ago what its snapshot knows of that day, so
that the two may differ by a few customers, and the page says so
([decision 23](../../../../docs/decisions/0023-facts-as-they-were.md)).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from regulars.faces.console.figures import Shown, shown
from regulars.faces.console.rfm_map import customers_address
from regulars.insights.contracts import RfmMap, SegmentFlow
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.report.page.figures import Column, Figure, Key
from regulars.report.segments import SEGMENTS, segment_look
from regulars.report.wording import count_of_customers

_RANKS = {name: rank for rank, name in enumerate(SEGMENTS)}
# Flows of a smaller share of all customers are threads that nobody can follow; the table has them.
_THINNEST = 0.004
_TOLD = 6
_TONES = {"better": "returning", "worse": "lapsed", "came": "new", "gone": "actual", "stayed": "reference"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A flow in words; `address` lists its customers, or who is where it leads to, as `Flows.leads` says."""

    text: str
    customers: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """What moved, in a sentence, as a chart, and the largest flows for the better and for the worse.

    `leads` says to whom each leads, in a few words, and `help` more of it.
    """

    sentence: str
    leads: str
    help: str
    chart: Shown | None
    better: Sequence[Move]
    worse: Sequence[Move]


def flows_of(told: RfmMap, as_of: date, *, kept_since: date | None) -> Flows | None:
    """Return how customers moved within four weeks; None where nobody had bought anything by then.

    `kept_since` is the day since which it is kept what segments became.
    """
    if told.since is None or not told.flows:
        return None
    # A day is scored in the night after it.
    then = told.since + timedelta(days=1)
    is_kept = kept_since is not None and kept_since <= then
    links = [(_customers(flow, then), _words(flow)) for flow in told.flows] if is_kept else []
    by_kind: dict[str, list[SegmentFlow]] = {kind: [] for kind in _TONES}
    for flow in told.flows:
        by_kind[_kind(flow)].append(flow)
    return Flows(
        sentence=_sentence({kind: _count(flows) for kind, flows in by_kind.items()}, told.since),
        leads=gettext("each leads to those customers") if is_kept else gettext("each leads to who is there now"),
        help=_help(then, is_kept=is_kept),
        chart=shown(_figure(told, told.since, as_of), links),
        better=_moves(by_kind["better"], then if is_kept else None),
        worse=_moves(by_kind["worse"], then if is_kept else None),
    )


def _kind(flow: SegmentFlow) -> str:
    before, after = flow.from_segment, flow.to_segment
    if before is None or after is None:
        return "came" if before is None else "gone"
    step = _RANKS.get(after, 0) - _RANKS.get(before, 0)
    return "better" if step < 0 else "worse" if step else "stayed"


def _count(flows: Iterable[SegmentFlow]) -> int:
    return sum(flow.customers for flow in flows)


def _sentence(counts: dict[str, int], since: date) -> str:
    went = ngettext(
        "Since {day}, {better} went to a better segment and {worse} to a worse one; {stayed} stayed.",
        "Since {day}, {better} went to a better segment and {worse} to a worse one; {stayed} stayed.",
        counts["better"],
    ).format(
        day=formats.day(since),
        better=count_of_customers(counts["better"]),
        worse=formats.number(counts["worse"]),
        stayed=formats.number(counts["stayed"]),
    )
    parts = [went]
    if counts["came"]:
        came = ngettext("{count} came for the first time.", "{count} came for the first time.", counts["came"])
        parts.append(came.format(count=count_of_customers(counts["came"])))
    if counts["gone"]:
        gone = ngettext(
            "{count} gave back all that had been bought.",
            "{count} gave back all that had been bought.",
            counts["gone"],
        )
        parts.append(gone.format(count=count_of_customers(counts["gone"])))
    return " ".join(parts)


def _customers(flow: SegmentFlow, then: date) -> str:
    """Return the address of those who were in the one segment on a day, and are in the other now."""
    before = _is(f"rfm.segment(on: {then})", flow.from_segment)
    return customers_address(f"{before} and {_now(flow)}")


def _now(flow: SegmentFlow) -> str:
    return _is("rfm.segment", flow.to_segment)


def _is(fact: str, segment: str | None) -> str:
    return f"not {fact} exists" if segment is None else f'{fact} = "{segment}"'


def _help(then: date, *, is_kept: bool) -> str:
    """Return how well the customers that are led to are those who were counted."""
    if not is_kept:
        return gettext(
            "Lists cannot tell yet who was in which segment four weeks ago: that is kept since the first scoring."
        )
    words = gettext(
        "Each leads to the customers who were in the one segment on {day}, as it was kept on that day, and are in the"
        " other now. Who bought on that day or since the last scoring, or of whom something was told later, may be"
        " counted elsewhere, so that they can be a few more or fewer."
    )
    return words.format(day=formats.day(then))


def _moves(flows: Sequence[SegmentFlow], then: date | None) -> list[Move]:
    """Return the largest flows in words; the flows come largest first."""
    return [
        Move(
            text=_words(flow),
            customers=formats.number(flow.customers),
            address=customers_address(_now(flow)) if then is None else _customers(flow, then),
        )
        for flow in flows[:_TOLD]
    ]


def _words(flow: SegmentFlow) -> str:
    before, after = _name(flow.from_segment, is_before=True), _name(flow.to_segment, is_before=False)
    return gettext("from {before} to {after}").format(before=before, after=after)


def _name(code: str | None, *, is_before: bool) -> str:
    if code is not None:
        return segment_look(code).name
    return gettext("Not a customer yet") if is_before else gettext("Nothing left")


def _figure(told: RfmMap, since: date, as_of: date) -> Figure:
    total = _count(told.flows)
    drawn = [flow for flow in told.flows if flow.customers >= _THINNEST * total]
    kinds = {
        "better": gettext("To a better segment"),
        "worse": gettext("To a worse one"),
        "stayed": gettext("Stayed"),
        "came": gettext("New"),
        "gone": gettext("Gone"),
    }
    found = {_kind(flow) for flow in drawn}
    return Figure(
        name="rfm-flows",
        title=gettext("Where customers were four weeks ago, and where they are"),
        unit=gettext("customers by segment, on {since} at the left and on {day} at the right").format(
            since=formats.day(since), day=formats.day(as_of)
        ),
        summary=gettext("Bands from segments to segments; the table lists them, the widest first."),
        columns=(
            Column(label=gettext("From"), definition="segment"),
            Column(label=gettext("To")),
            Column(label=gettext("Customers"), form="number"),
            Column(label=gettext("Share"), form="percent"),
        ),
        rows=tuple(
            (
                _name(flow.from_segment, is_before=True),
                _name(flow.to_segment, is_before=False),
                flow.customers,
                flow.customers / total,
            )
            for flow in told.flows
        ),
        spec={"kind": "flows", "nodes": _nodes(drawn, told.flows), "links": [_link(flow) for flow in drawn]},
        legend=tuple(Key(label=text, tone=_TONES[kind]) for kind, text in kinds.items() if kind in found),
        note=_note(told.flows, drawn),
    )


def _note(flows: Sequence[SegmentFlow], drawn: Sequence[SegmentFlow]) -> str | None:
    thin = len(flows) - len(drawn)
    if not thin:
        return None
    return ngettext(
        "{count} flow of very few customers is in the table only.",
        "{count} flows of very few customers each are in the table only.",
        thin,
    ).format(count=formats.number(thin))


def _nodes(drawn: Sequence[SegmentFlow], flows: Sequence[SegmentFlow]) -> list[dict[str, Any]]:
    """Return the segments at both sides from the best to the lost, and at the end who was or is in none."""
    nodes = []
    for side, name in (("left", "from_segment"), ("right", "to_segment")):
        there = {getattr(flow, name) for flow in drawn}
        for code in [*(each for each in SEGMENTS if each in there), *([None] if None in there else [])]:
            label = _name(code, is_before=side == "left")
            customers = _count(flow for flow in flows if getattr(flow, name) == code)
            nodes.append(
                {
                    "id": f"{side} {code or ''}",
                    "side": side,
                    "label": label,
                    "look": segment_look(code).tone if code else "plain",
                    "text": f"{label}: {count_of_customers(customers)}",
                }
            )
    return nodes


def _link(flow: SegmentFlow) -> dict[str, Any]:
    kind = _kind(flow)
    words = gettext("stayed in {segment}").format(segment=_name(flow.to_segment, is_before=False))
    return {
        "from": f"left {flow.from_segment or ''}",
        "to": f"right {flow.to_segment or ''}",
        "value": flow.customers,
        "tone": _TONES[kind],
        "faint": kind == "stayed",
        "text": f"{formats.number(flow.customers)} {words if kind == 'stayed' else _words(flow)}",
    }
