"""What is read of customers is what the interpreter in memory has to know of them: it finds whom SQL finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import event, given, settings

from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.models import Alias, Customer
from regulars.customers.services import add_customer
from regulars.facts import reading, subjects
from regulars.facts.asking import choose
from regulars.facts.catalogue import declared_catalogue
from regulars.facts.contracts import Catalogue, Fact, FactType
from regulars.facts.interpreters.memory import Subject, judge, measured_of
from regulars.facts.interpreters.sql import NotOfCustomers
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse
from regulars.facts.needs import Needs, needs_of
from regulars.facts.subjects import TooMuchHappened, read_subjects
from regulars.facts.tests.conditions import EVENTS, conditions
from regulars.facts.tests.world import Maker, World, catalogue, make_tables
from regulars.insights.models import ScoreHistory
from regulars.kit.ids import new_id
from regulars.stream.contracts import NewEvent, system
from regulars.stream.services import append

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
SETTING = Setting(catalogue=declared_catalogue(), clock=Clock(NOW, ZoneInfo("Europe/Vienna")), currency="EUR")
VIEWED = Needs(events=frozenset({"page.viewed"}))


def meant(text: str, setting: Setting = SETTING) -> Meaning:
    return bind(parse(text).tree, setting)


def found_in_memory(condition: Meaning, ids: Sequence[UUID], needs: Needs, *, setting: Setting, at: datetime) -> object:
    """Return of whom a condition is true by what is read of them, in their order."""
    read = read_subjects(needs, ids, setting=setting, at=at)
    return [each for each in ids if each in read and judge(condition, read[each], setting.clock)]


def a_customer(address: str = "ada@example.com") -> UUID:
    identifier = Identifier(IdentifierKind.EMAIL, address)
    return add_customer(person=Person(identifiers=[identifier]), now=NOW, actor=system("test"))


def saw_pages(customer: UUID, *moments: datetime, **payload: Any) -> None:
    viewed = [
        NewEvent(
            type="page.viewed", actor=system("test"), source="s", occurred_at=at, customer_id=customer, payload=payload
        )
        for at in moments
    ]
    append(viewed, now=NOW)


# --- One answer ---------------------------------------------------------------------------------------------------


# A world takes longer to make than conditions to be judged in it; `test_two_interpreters` makes as many more.
@settings(max_examples=settings().max_examples // 2)
@given(data=st.data(), seed=st.integers(0, 10_000), days_ago=st.sampled_from([0, 0, 1, 45]))
def test_who_is_judged_by_what_was_read_is_whom_sql_finds(data: st.DataObject, seed: int, days_ago: int) -> None:
    with transaction.atomic():
        make_tables()
        known, maker = catalogue(), Maker(seed)
        world, asked = maker.make(), [*maker.ids, new_id()]
        earlier = Clock(world.clock.now - timedelta(days=days_ago), world.clock.zone)
        setting, together = Setting(catalogue=known, clock=earlier, currency="EUR"), list[tuple[Meaning, list[UUID]]]()
        for condition in data.draw(st.lists(conditions(known), min_size=8, max_size=8)):
            try:
                each = bind(condition, setting)
            except WrongCondition as error:
                event(f"refused: {error.code}")
                continue
            expected = choose(each, asked, setting=setting)
            event("all" if len(expected) == len(world.subjects) else "some" if expected else "none")
            read = found_in_memory(each, asked, needs_of(each), setting=setting, at=world.clock.now)
            assert read == expected
            together.append((each, expected))
        _are_judged_together(together, asked, setting, world)
        transaction.set_rollback(True)


def _are_judged_together(
    conditions: Sequence[tuple[Meaning, list[UUID]]], asked: Sequence[UUID], setting: Setting, world: World
) -> None:
    """As rules are: all that they need is read once."""
    needs = Needs()
    for condition, _ in conditions:
        needs |= needs_of(condition)
    read = read_subjects(needs, asked, setting=setting, at=world.clock.now)
    assert read.keys() == {subject.id for subject in world.subjects}
    for condition, expected in conditions:
        assert [each for each in asked if each in read and judge(condition, read[each], setting.clock)] == expected


def _questions(known: Catalogue) -> list[str]:
    """Return conditions that ask for each fact, and for each property of what is counted."""
    counted = {fact.aggregate.occurrences.name: fact for fact in known.facts.values() if fact.aggregate}
    return [f"{name} exists" for name in known.facts] + [
        f"{fact.name}(where: {name} exists, last: 2 years) exists"
        for fact in counted.values()
        if fact.aggregate
        for name in fact.aggregate.occurrences.properties
    ]


def made(seed: int) -> tuple[Maker, World, Setting]:
    """Make a world in the database, and how it is asked."""
    make_tables()
    maker = Maker(seed)
    world = maker.make()
    return maker, world, Setting(catalogue=catalogue(), clock=world.clock, currency="EUR")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_fact_and_each_property_is_read(seed: int) -> None:
    maker, world, setting = made(seed)
    for text in _questions(setting.catalogue):
        condition = meant(text, setting)
        read = found_in_memory(condition, maker.ids, needs_of(condition), setting=setting, at=world.clock.now)
        assert read == choose(condition, maker.ids, setting=setting), text


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_facts_are_measured_of_what_happened_up_to_a_moment(seed: int) -> None:
    maker, world, setting = made(seed)
    counted = {name: fact.aggregate for name, fact in setting.catalogue.facts.items() if fact.aggregate}
    needs = Needs(facts=frozenset(counted), occurrences=frozenset(each.occurrences.name for each in counted.values()))
    differ = 0
    for days in (0, 30, 300, 3_000):
        at = world.clock.now - timedelta(days=days)
        plain = read_subjects(needs, maker.ids, setting=setting, at=at)
        for identity, found in read_subjects(needs, maker.ids, setting=setting, at=at, measured=True).items():
            for name, aggregate in counted.items():
                happened = found.occurrences.get(aggregate.occurrences.name, ())
                assert found.facts.get(name) == measured_of(aggregate, happened, setting.clock), name
                differ += found.facts.get(name) != plain[identity].facts.get(name)
    assert differ > 100


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_all_is_read_as_the_world_was_made(seed: int) -> None:
    maker, world, setting = made(seed)
    facts = setting.catalogue.facts
    everything = Needs(
        facts=frozenset(facts),
        occurrences=frozenset({"orders", "purchases"}),
        events=frozenset(EVENTS),
        history=frozenset(name for name, fact in facts.items() if fact.history),
    )
    read = read_subjects(everything, maker.ids, setting=setting, at=world.clock.now)
    assert len(read) == len(world.subjects)
    for subject in world.subjects:
        found = read[subject.id]
        # Where nothing is known, some columns hold what absence means.
        known = {name: value for name, value in subject.facts.items() if value is not None}
        assert {name: value for name, value in found.facts.items() if name in known} == {
            name: pytest.approx(value) if isinstance(value, float) else value for name, value in known.items()
        }
        assert all(found.facts[name] == facts[name].missing for name in found.facts.keys() - known.keys())
        for happened, others in ((found.occurrences, subject.occurrences), (found.events, subject.events)):
            counted = {name: sorted(each.at for each in kind) for name, kind in happened.items()}
            assert counted == {name: sorted(each.at for each in kind) for name, kind in others.items() if kind}
        changed = {name: sorted(changes) for name, changes in found.history.items()}
        assert changed == {name: sorted(changes) for name, changes in subject.history.items() if changes}


@pytest.fixture
def merged() -> tuple[UUID, UUID]:
    """Somebody who saw a page, and who was merged into somebody who saw another."""
    survivor, other = a_customer(), a_customer("ines@example.com")
    saw_pages(survivor, NOW)
    saw_pages(other, NOW - timedelta(days=2))
    Alias.objects.create(customer_id=other, survivor_id=survivor)
    return survivor, other


def test_what_happened_to_a_merged_customer_is_the_survivors(merged: tuple[UUID, UUID]) -> None:
    survivor, other = merged
    read = read_subjects(VIEWED, [survivor, other], setting=SETTING, at=NOW)
    assert list(read) == [survivor]
    assert {each.at for each in read[survivor].events["page.viewed"]} == {NOW, NOW - timedelta(days=2)}


def test_the_harness_sees_what_happened_to_merged_customers_left_out(
    merged: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = meant('event("page.viewed") = 2')

    def found() -> object:
        return found_in_memory(twice, merged, VIEWED, setting=SETTING, at=NOW)

    assert found() == choose(twice, merged, setting=SETTING) == [merged[0]]
    read = subjects._facts

    def forgetful(*asked: Any) -> Any:
        facts, survivors = read(*asked)
        return facts, {each: into for each, into in survivors.items() if each == into}

    monkeypatch.setattr(subjects, "_facts", forgetful)
    assert found() == []


# --- What is read -------------------------------------------------------------------------------------------------


def test_nothing_is_read_that_is_not_asked_for() -> None:
    customer = a_customer()
    saw_pages(customer, NOW)
    assert read_subjects(Needs(), [customer], setting=SETTING, at=NOW) == {customer: Subject(id=customer)}
    assert read_subjects(Needs(), [], setting=SETTING, at=NOW) == {}


def test_a_fact_that_counts_time_comes_as_its_moment_and_day() -> None:
    customer = a_customer()
    Customer.objects.filter(id=customer).update(birthday=date(1990, 3, 15))
    needs = Needs(facts=frozenset({"profile.days_since_joining", "profile.age", "profile.city", "orders.count"}))
    known = read_subjects(needs, [customer], setting=SETTING, at=NOW)[customer].facts
    # What absence means is not among them, nor a blank text.
    assert {name: known.get(name) for name in needs.facts - {"orders.count"}} == {
        "profile.days_since_joining": NOW,
        "profile.age": date(1990, 3, 15),
        "profile.city": None,
    }
    assert type(known["profile.age"]) is date
    assert judge(
        meant("profile.age = 36 and profile.days_since_joining = 0 and orders.count = 0"),
        Subject(id=customer, facts=known),
        SETTING.clock,
    )


def test_what_happens_later_is_not_read() -> None:
    customer = a_customer()
    saw_pages(customer, NOW, NOW + timedelta(microseconds=1))
    read = read_subjects(VIEWED, [customer], setting=SETTING, at=NOW)
    assert [each.at for each in read[customer].events["page.viewed"]] == [NOW]
    assert read[customer].events["page.viewed"][0].at.utcoffset() == timedelta(0)


# Longer than a number of Python is read of a text, and than a float tells apart.
@pytest.mark.parametrize("number", ["1" + "0" * 5_000, "0.1234567890123456789012345"])
def test_numbers_of_events_are_exact_and_of_any_length(number: str) -> None:
    customer = a_customer()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO stream_event (id, occurred_at, received_at, type, customer_id, actor, source, payload,"
            " transaction, position) VALUES (%s, %s, %s, 'page.viewed', %s, 'a', 's', %s::jsonb, 1, 1)",
            [new_id(), NOW, NOW, customer, f'{{"price": {number}, "gift": true}}'],
        )
    [viewed] = read_subjects(VIEWED, [customer], setting=SETTING, at=NOW)[customer].events["page.viewed"]
    assert viewed.properties == {"price": Decimal(number), "gift": True}
    for text, holds in (("price > 0.1234567890123456", True), ("gift = true", True), ("price < 0.1", False)):
        condition = meant(f'event("page.viewed", where: {text})')
        assert bool(choose(condition, [customer], setting=SETTING)) is holds
        assert bool(found_in_memory(condition, [customer], VIEWED, setting=SETTING, at=NOW)) is holds


def test_facts_are_read_in_one_statement_and_each_kind_of_what_happened_in_another() -> None:
    ids = [a_customer(f"{number}@example.com") for number in range(3)]
    kept = {name for name, fact in SETTING.catalogue.facts.items() if fact.history}
    needs = Needs(
        facts=frozenset(name for name, fact in SETTING.catalogue.facts.items()),
        occurrences=frozenset({"orders", "purchases"}),
        events=frozenset(EVENTS),
        history=frozenset(kept),
    )
    assert len(kept) > 1
    with CaptureQueriesContext(connections[reading.ALIAS]) as captured:
        read_subjects(needs, ids, setting=SETTING, at=NOW)
    asked = [each["sql"] for each in captured if " FROM " in each["sql"]]
    assert [sql.partition(" ")[0] for sql in asked] == ["WITH", *["SELECT"] * 4]


# --- What is refused ----------------------------------------------------------------------------------------------


def test_where_more_has_happened_to_one_than_is_read_nobody_is_judged_by_a_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subjects, "MOST_HAPPENED", 3)
    busy, idle = a_customer(), a_customer("ines@example.com")
    saw_pages(busy, *(NOW - timedelta(hours=number) for number in range(3)))
    read = read_subjects(VIEWED, [busy, idle], setting=SETTING, at=NOW)
    assert (len(read[busy].events["page.viewed"]), read[idle].events) == (3, {})
    # Together they are no more than is read of two.
    saw_pages(busy, NOW - timedelta(days=1))
    for ids in ([busy], [busy, idle]):
        with pytest.raises(TooMuchHappened):
            read_subjects(VIEWED, ids, setting=SETTING, at=NOW)
    assert read_subjects(VIEWED, [idle], setting=SETTING, at=NOW)[idle].events == {}
    # What happened after the moment does not count, nor what nobody asks for.
    assert read_subjects(VIEWED, [busy], setting=SETTING, at=NOW - timedelta(hours=1))
    assert read_subjects(Needs(), [busy], setting=SETTING, at=NOW)


def test_changes_of_facts_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    customer, needs = a_customer(), Needs(history=frozenset({"rfm.segment"}))
    days = [date(2026, 11, day) for day in (3, 2, 1)]
    for day in days:
        ScoreHistory.objects.create(customer_id=customer, changed_on=day, run_id=new_id(), rfm_segment="loyal")
    monkeypatch.setattr(subjects, "MOST_HAPPENED", 3)
    read = read_subjects(needs, [customer], setting=SETTING, at=NOW)
    assert sorted(read[customer].history["rfm.segment"]) == [(day, "loyal") for day in reversed(days)]
    monkeypatch.setattr(subjects, "MOST_HAPPENED", 2)
    with pytest.raises(TooMuchHappened):
        read_subjects(needs, [customer], setting=SETTING, at=NOW)


@pytest.mark.parametrize(
    "needs",
    [
        Needs(facts=frozenset({"profile.shoe"})),
        Needs(occurrences=frozenset({"visits"})),
        Needs(history=frozenset({"profile.shoe"})),
        # Of this nobody keeps the changes.
        Needs(history=frozenset({"profile.city"})),
    ],
)
def test_what_the_catalogue_has_not_is_refused(needs: Needs) -> None:
    with pytest.raises(KeyError):
        read_subjects(needs, [a_customer()], setting=SETTING, at=NOW)


def test_a_fact_of_a_cart_is_no_need_and_is_not_read_of_a_customer() -> None:
    cart = Fact(name="cart.total", type=FactType.MONEY, label="Total", description="Of the cart.", source=None)
    known = replace(SETTING.catalogue, facts={**SETTING.catalogue.facts, cart.name: cart})
    setting = replace(SETTING, catalogue=known)
    condition = meant("cart.total > 5 and not (orders.count > 3 or orders.count(last: 3 days) = 1)", setting)
    assert needs_of(condition) == Needs(facts=frozenset({"orders.count"}), occurrences=frozenset({"orders"}))
    assert needs_of(None) == Needs()
    with pytest.raises(NotOfCustomers):
        read_subjects(Needs(facts=frozenset({cart.name})), [a_customer()], setting=setting, at=NOW)
