"""The reference of facts and of the language, as pages of the documentation: made from what is declared."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from regulars.facts.asking import COUNT_MILLISECONDS, LIST_MILLISECONDS
from regulars.facts.catalogue import declared_catalogue
from regulars.facts.contracts import Catalogue, Fact, FactType
from regulars.facts.language.binding import MOST_COUNTED, MOST_NODES
from regulars.facts.language.reading_trees import schema_of_trees
from regulars.facts.language.tree import DEEPEST, LONGEST

MADE = "<!-- Made by `make reference` from what the code declares; a test holds it to that. -->\n"
TYPES: Mapping[FactType, str] = {
    FactType.INTEGER: "whole number",
    FactType.NUMBER: "number, exact",
    FactType.FRACTION: "number, of double precision",
    FactType.MONEY: "amount in the reporting currency",
    FactType.BOOLEAN: "yes or no",
    FactType.TEXT: "text",
    FactType.CHOICE: "one of some texts",
    FactType.TEXTS: "list of texts",
    FactType.DAY: "day",
    FactType.MOMENT: "moment",
}

# What can be written, by example: each is parsed by a test, and written back as it stands here.
EXAMPLES: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    (
        "Comparing",
        (
            ("orders.count >= 3", "`=`, `!=`, `<`, `<=`, `>`, `>=`; texts and yes-or-no only `=` and `!=`."),
            ("orders.revenue between 100.00 EUR and 250.00 EUR", "Both ends are included."),
            ("orders.revenue > 99.5", "An amount without a currency is in the reporting currency, in major units."),
            ('profile.country in ("AT", "DE")', "One of some values; `not in` is the opposite."),
            ('profile.city starts with "W"', "Case counts, here and in `contains`."),
            ('profile.tags contains "vip"', "Of a list: it has this text. Of a text: it has this text within it."),
            ("profile.birthday exists", "Something is known."),
            ("profile.has_email", "What is yes or no stands by itself."),
        ),
    ),
    (
        "Joining",
        (
            ("orders.count > 1 and (profile.has_email or profile.has_phone)", "`and` binds closer than `or`."),
            ("not orders.count > 1", "True also of whom nothing is known: a comparison with nothing is false."),
        ),
    ),
    (
        "Days and moments",
        (
            ("orders.last in last 30 days", "`hours`, `days`, `weeks`, `months`, `years`; today is in it."),
            ("orders.first < 2026-01-01", "A moment compares with the first moment of a day."),
            ("orders.last between today - 90 days and today - 30 days", "`today` and `now` move on."),
            ("anniversary(profile.birthday) in next 7 days", "The leap day comes on 28 February in other years."),
        ),
    ),
    (
        "Windows and properties",
        (
            ("orders.count(last: 90 days) >= 3", "A fact that is counted, in a time."),
            ("orders.revenue(since: 2026-01-01, until: 2026-04-01) > 0", "From one moment until before another."),
            (
                'orders.count(where: channel = "online" and categories contains "Coffee", last: 1 year) >= 2',
                "Only of the orders whose properties fit; the properties are listed with the facts.",
            ),
        ),
    ),
    (
        "Events",
        (
            ('event("page.viewed", last: 7 days)', "It happened at least once."),
            ('event("page.viewed", where: category = "shoes", last: 7 days) >= 3', "How often it happened."),
            (
                'event("page.viewed", where: property("utm source") = "letter")',
                "A property whose name is no word; a dot in a name leads into what stands there.",
            ),
            (
                'sequence(event("cart.filled"), event("order.placed"), within: 2 days, last: 30 days)',
                "One after the other, all within so much time of the first; hours, days and weeks are of the clock.",
            ),
            (
                'sequence(event("cart.filled"), not event("order.placed"), within: 2 days)',
                "The last event did not happen, and the time it had has passed.",
            ),
        ),
    ),
    (
        "The rest",
        (
            (
                'rfm.segment has been "champions" for 30 days',
                "All the time since then; of facts whose changes are kept. `has been in (…)` takes several.",
            ),
            (
                'rfm.segment(on: 2026-10-31) = "loyal" and rfm.segment = "at_risk"',
                "What it was at the end of a day, as it was kept on that day; of facts whose changes are kept.",
            ),
            (
                'rfm.segment(on: today - 28 days) != "champions" and rfm.segment = "champions"',
                "Who has become one since, from another segment; where nothing was known, `not … exists`.",
            ),
            (
                'bucket("spring offer", of: 100) < 10',
                "A tenth of the customers, drawn by their ids: the same ones each time, others under another name.",
            ),
            ('segment("best customers")', "The condition of a segment; one within itself is refused."),
        ),
    ),
)


def conditions_page() -> str:
    """Return the reference of the language."""
    return "\n".join(_conditions()) + "\n"


def facts_page(catalogue: Catalogue) -> str:
    """Return the reference of the facts that features declare."""
    return "\n".join(_facts(catalogue)) + "\n"


def schema_text() -> str:
    """Return the JSON Schema of trees."""
    return json.dumps(schema_of_trees(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _conditions() -> Iterator[str]:
    yield "# Conditions\n\n" + MADE
    yield (
        "A condition is true or false of a customer. It is written as a text, or as a tree in JSON\n"
        "([its schema](condition.schema.json)); each form leads to the other. The facts that it asks for are those of\n"
        "the [reference](facts.md). Of what is not known every comparison is false, so that `not` is true of it; ask"
        " `exists` where that matters.\n"
    )
    for title, examples in EXAMPLES:
        yield f"## {title}\n"
        yield "| written | meaning |\n|---|---|"
        yield from (f"| `{_cell(text)}` | {meaning} |" for text, meaning in examples)
        yield ""
    yield "## Bounds\n"
    yield (
        f"A condition has up to {LONGEST:,} characters, {MOST_NODES} parts in {DEEPEST} levels, and {MOST_COUNTED}"
        " windows, events and sequences. What a user writes is only ever bound to a\nstatement whose text follows from"
        " the condition's shape, and is asked by a login that only reads. A list on a page is\n"
        f"given up after {LIST_MILLISECONDS // 1000} seconds; counting goes over to a sample after {COUNT_MILLISECONDS}"
        " milliseconds, and says so.\n"
    )
    yield (
        'Texts stand in double quotation marks; `\\"` and `\\\\` stand for these signs in one.'
        " Names are in small letters."
    )


def _facts(catalogue: Catalogue) -> Iterator[str]:
    yield "# Facts\n\n" + MADE
    yield (
        "What is known of a customer. Lists, filters, the customer's page, the API and [conditions](conditions.md)"
        "\nread "
        "this one catalogue; what a business keeps beyond it stands there as `traits.<key>`. Days are those of the"
        " business's calendar.\n"
    )
    for family, facts in sorted(catalogue.families().items()):
        yield f"## {family}\n"
        yield "| fact | what it is | type | if nothing is known | can be asked |\n|---|---|---|---|---|"
        yield from (_row(fact) for fact in facts)
        yield ""
        occurrences = {fact.aggregate.occurrences.name: fact.aggregate.occurrences for fact in facts if fact.aggregate}
        for name, each in occurrences.items():
            yield f"Properties of {name}, behind `where:`\n"
            yield "| property | what it is | type |\n|---|---|---|"
            yield from (f"| `{key}` | {one.label} | {TYPES[one.type]} |" for key, one in each.properties.items())
            yield ""


def _row(fact: Fact) -> str:
    unit = f", in {fact.unit}" if fact.unit and fact.unit != "share" else ""
    choices = f": {', '.join(f'`{choice}`' for choice in fact.choices)}" if fact.choices else ""
    missing = "nothing" if fact.missing is None else f"{fact.missing}"
    asked = ["in a window"] if fact.aggregate else []
    asked += ["sorts lists"] if fact.is_indexed else []
    asked += ["has anniversaries"] if fact.is_yearly else []
    asked += ["`has been`, on a day"] if fact.history else []
    asked += ["changes at midnight"] if fact.flips_at is not None else []
    return (
        f"| `{fact.name}` | {fact.label}. {fact.description} | {TYPES[fact.type]}{unit}{choices} | {missing}"
        f" | {', '.join(asked) or '–'} |"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def write_pages(folder: Path) -> None:
    """Write the pages into a folder."""
    (folder / "conditions.md").write_text(conditions_page(), encoding="utf-8")
    (folder / "facts.md").write_text(facts_page(declared_catalogue()), encoding="utf-8")
    (folder / "condition.schema.json").write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    import django

    django.setup()
    write_pages(Path(sys.argv[1]))
