"""Conditions of any shape, drawn for a catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import hypothesis.strategies as st

from regulars.facts.contracts import NUMERIC, TEMPORAL, TEXTUAL, Catalogue, Fact, FactType, Property
from regulars.facts.language import tree

TEXTS = ["a", "b", "ab", "Wien", "Graz", "é", 'say "x" \\ y', "AT", "DE", "coffee"]
COMPARATORS = list(tree.Comparator)
EQUALITY = [tree.Comparator.EQUAL, tree.Comparator.UNEQUAL]
EVENTS = ["page.viewed", "order.placed", "cart.filled"]
PAYLOAD = ["category", "price", "gift", "items", "deep.er", "missing"]

durations = st.builds(tree.Duration, amount=st.integers(1, 40), unit=st.sampled_from(list(tree.Span)))
day_durations = st.builds(
    tree.Duration,
    amount=st.integers(1, 40),
    unit=st.sampled_from([tree.Span.DAYS, tree.Span.WEEKS, tree.Span.MONTHS, tree.Span.YEARS]),
)
short_durations = st.builds(
    tree.Duration, amount=st.integers(1, 40), unit=st.sampled_from([tree.Span.HOURS, tree.Span.DAYS, tree.Span.WEEKS])
)
days = st.builds(tree.Day, day=st.dates(date(2025, 1, 1), date(2027, 1, 1)))


def _relative(words: list[str], lengths: st.SearchStrategy[tree.Duration]) -> st.SearchStrategy[tree.Relative]:
    return st.one_of(
        st.builds(tree.Relative, relative_to=st.sampled_from(words)),
        st.builds(tree.Relative, relative_to=st.sampled_from(words), plus=lengths),
        st.builds(tree.Relative, relative_to=st.sampled_from(words), minus=lengths),
    )


moments = st.one_of(days, _relative(["today", "now"], durations))
windows = st.one_of(
    st.builds(tree.Window, last=durations),
    st.builds(tree.Window, since=moments),
    st.builds(tree.Window, until=moments),
    st.builds(tree.Window, since=moments, until=moments),
)
past_days = st.one_of(
    st.builds(tree.Day, day=st.dates(date(2025, 1, 1), date(2026, 11, 1))),
    st.just(tree.Relative(relative_to="today")),
    st.builds(tree.Relative, relative_to=st.just("today"), minus=day_durations),
)


def values_of(kind: FactType, choices: Mapping[str, str] = {}, *, currency: str = "EUR") -> st.SearchStrategy[Any]:
    if choices:
        return st.sampled_from(list(choices))
    if kind is FactType.INTEGER:
        return st.integers(-3, 90)
    if kind is FactType.MONEY:
        amounts = st.integers(-500, 20_000)
        return st.one_of(
            st.builds(tree.Money, minor=amounts, currency=st.just(currency)), st.integers(0, 200), st.just(12.5)
        )
    if kind in {FactType.NUMBER, FactType.FRACTION}:
        return st.one_of(st.integers(-5, 50), st.integers(-40, 400).map(lambda each: each / 8), st.just(0.1))
    if kind is FactType.BOOLEAN:
        return st.booleans()
    if kind is FactType.DAY:
        return st.one_of(days, _relative(["today"], day_durations))
    if kind is FactType.MOMENT:
        return moments
    return st.sampled_from(TEXTS)


def asked_of(
    what: st.SearchStrategy[Any], kind: FactType, choices: Mapping[str, str] = {}
) -> st.SearchStrategy[tree.Condition]:
    """Draw a condition that can be asked of something of a type."""
    if kind is FactType.TEXTS:
        return st.one_of(
            st.builds(tree.Contains, what=what, value=st.sampled_from(TEXTS)), st.builds(tree.Exists, what=what)
        )
    values = values_of(kind, choices)
    ordered = kind in NUMERIC | TEMPORAL
    options: list[st.SearchStrategy[tree.Condition]] = [
        st.builds(
            tree.Compare, what=what, operator=st.sampled_from(COMPARATORS if ordered else EQUALITY), value=values
        ),
        st.builds(tree.OneOf, what=what, values=st.lists(values, min_size=1, max_size=3).map(tuple)),
        st.builds(tree.Exists, what=what),
    ]
    if ordered:
        options.append(st.builds(tree.Between, what=what, low=values, high=values))
    if kind in TEMPORAL:
        options.append(
            st.builds(
                tree.Within,
                what=what,
                direction=st.sampled_from(["last", "next"]),
                duration=day_durations if kind is FactType.DAY else durations,
            )
        )
    if kind in TEXTUAL:
        options.append(st.builds(tree.Contains, what=what, value=st.sampled_from(TEXTS)))
        options.append(st.builds(tree.StartsWith, what=what, value=st.sampled_from(TEXTS)))
    if kind is FactType.BOOLEAN:
        options.append(st.builds(tree.Holds, what=what))
    return st.one_of(options)


def joined(leaf: st.SearchStrategy[tree.Condition], leaves: int) -> st.SearchStrategy[tree.Condition]:
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(tree.All, of=st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(tree.AnyOf, of=st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(tree.Not, of=inner),
        ),
        max_leaves=leaves,
    )


def on_properties(properties: Mapping[str, Property]) -> st.SearchStrategy[tree.Condition]:
    leaves = [
        asked_of(st.just(tree.PropertyOperand(property=name)), each.type, each.choices)
        for name, each in properties.items()
    ]
    return joined(st.one_of(leaves), 3)


def _of_payload(name: str) -> st.SearchStrategy[tree.Condition]:
    what = st.just(tree.PropertyOperand(property=name))
    return st.one_of(asked_of(what, FactType.TEXT), asked_of(what, FactType.NUMBER), asked_of(what, FactType.BOOLEAN))


on_payload = joined(st.one_of([_of_payload(name) for name in PAYLOAD]), 3)
maybe_on_payload = st.one_of(st.none(), on_payload)
event_operands = st.builds(
    tree.EventOperand, event=st.sampled_from(EVENTS), window=st.one_of(st.none(), windows), where=maybe_on_payload
)


@st.composite
def sequences(draw: st.DrawFn) -> tree.Condition:
    steps = draw(
        st.lists(st.builds(tree.Step, event=st.sampled_from(EVENTS), where=maybe_on_payload), min_size=1, max_size=3)
    )
    last = draw(st.builds(tree.Step, event=st.sampled_from(EVENTS), where=maybe_on_payload, absent=st.booleans()))
    return tree.Sequence(steps=(*steps, last), within=draw(short_durations), window=draw(st.one_of(st.none(), windows)))


def on_fact(fact: Fact) -> st.SearchStrategy[tree.Condition]:
    options = [asked_of(st.just(tree.FactOperand(fact=fact.name)), fact.type, fact.choices)]
    if fact.aggregate:
        properties = fact.aggregate.occurrences.properties
        what = st.builds(
            tree.FactOperand,
            fact=st.just(fact.name),
            window=windows,
            where=st.one_of(st.none(), on_properties(properties)),
        )
        options.append(asked_of(what, fact.type, fact.choices))
    if fact.is_yearly:
        options.append(
            st.builds(
                tree.Within,
                what=st.just(tree.AnniversaryOperand(anniversary_of=fact.name)),
                direction=st.sampled_from(["last", "next"]),
                duration=day_durations,
            )
        )
    if fact.history:
        was = st.builds(tree.FactOperand, fact=st.just(fact.name), on=past_days)
        options.append(asked_of(was, fact.type, fact.choices))
        options.append(
            st.builds(
                tree.HasBeen,
                what=st.just(tree.FactOperand(fact=fact.name)),
                values=st.lists(values_of(fact.type, fact.choices), min_size=1, max_size=2).map(tuple),
                duration=day_durations,
            )
        )
    return st.one_of(options)


buckets = st.builds(
    tree.Compare,
    what=st.builds(tree.BucketOperand, bucket=st.sampled_from(TEXTS), of=st.integers(2, 1000)),
    operator=st.sampled_from(COMPARATORS),
    value=st.integers(0, 500),
)
events = st.one_of(
    st.builds(tree.Holds, what=event_operands),
    st.builds(tree.Compare, what=event_operands, operator=st.sampled_from(COMPARATORS), value=st.integers(0, 4)),
)


def conditions(catalogue: Catalogue, *, leaves: int = 4) -> st.SearchStrategy[tree.Condition]:
    """Draw any condition on what a catalogue has."""
    facts: Sequence[Fact] = list(catalogue.facts.values())
    leaf = st.one_of(st.one_of([on_fact(fact) for fact in facts]), events, sequences(), buckets)
    return joined(leaf, leaves)
