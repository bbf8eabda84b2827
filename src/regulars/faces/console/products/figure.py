"""The chart of the products page: the share that came back, of the products that most customers began with."""

from __future__ import annotations

from regulars.faces.console.products.wording import name_in_words
from regulars.insights.contracts import SectionJson
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.report.page.figures import Column, Figure, Key

_MOST = 8
_LONGEST = 16


def figure_of(found: SectionJson) -> Figure | None:
    """Return the chart; None where fewer than two products have been followed often enough to be compared."""
    compared = [each for each in found["products"] if each["adjusted_p_value"] is not None]
    most = sorted(compared, key=lambda each: -each["came_back"]["of"])[:_MOST]
    if len(most) < 2:
        return None
    most.sort(key=lambda each: -each["came_back"]["value"])
    names = [name_in_words(each["name"]) for each in most]
    shares, others = ([each[key]["value"] for each in most] for key in ("came_back", "others_came_back"))
    days = formats.number(found["horizon_days"])
    mine, rest = gettext("Began with it"), gettext("All others")
    return Figure(
        name="products",
        title=gettext("Who came back, by what they began with"),
        unit=gettext("share who bought again within {days} days").format(days=days),
        summary=gettext("From {high} for {best} to {low} for {worst}.").format(
            high=formats.percent(shares[0]), best=names[0], low=formats.percent(shares[-1]), worst=names[-1]
        ),
        columns=(
            Column(label=gettext("Product")),
            Column(label=mine, form="percent"),
            Column(label=gettext("At least"), form="percent"),
            Column(label=gettext("At most"), form="percent"),
            Column(label=rest, form="percent"),
            Column(label=gettext("Customers followed"), form="number"),
        ),
        rows=tuple(
            (name, share, each["came_back"]["low"], each["came_back"]["high"], other, each["came_back"]["of"])
            for name, share, other, each in zip(names, shares, others, most, strict=True)
        ),
        spec={
            "kind": "bars",
            "x": {"labels": [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in names]},
            "y": {"format": "percent", "min": 0},
            "series": [
                {"name": mine, "tone": "returning", "values": shares},
                {"name": rest, "tone": "reference", "values": others},
            ],
        },
        legend=(Key(label=mine, tone="returning"), Key(label=rest, tone="reference")),
        note=gettext("The products that most new customers began with. At least and at most: 95 % interval."),
    )
