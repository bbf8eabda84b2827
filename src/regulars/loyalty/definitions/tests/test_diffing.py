from __future__ import annotations

from decimal import Decimal

from hypothesis import given

from regulars.loyalty.definitions.diffing import ChangeKind, diff_programs, look_up
from regulars.loyalty.definitions.example import EXAMPLE
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.tests.programs import programs, rule, small
from regulars.loyalty.definitions.writing import to_json

PROGRAM = read_program(EXAMPLE).program


def changes(before, after):
    return [(each.pointer, str(each.kind), each.before, each.after) for each in diff_programs(before, after)]


def changed(old, new):
    assert EXAMPLE.count(old) == 1
    return changes(PROGRAM, read_program(EXAMPLE.replace(old, new)).program)


@given(programs(), programs())
def test_there_are_changes_exactly_where_documents_differ(before, after):
    assert diff_programs(before, before) == []
    assert (diff_programs(before, after) == []) == (to_json(before) == to_json(after))


@given(programs(), programs())
def test_each_change_tells_what_the_documents_hold(before, after):
    for change in diff_programs(before, after):
        if change.kind is not ChangeKind.REORDERED:
            assert look_up(before, change.pointer) == change.before
            assert look_up(after, change.pointer) == change.after


@given(programs(), programs())
def test_the_way_back_is_the_same_way(before, after):
    there = {(change.pointer, repr(change.before), repr(change.after)) for change in diff_programs(before, after)}
    back = {(change.pointer, repr(change.after), repr(change.before)) for change in diff_programs(after, before)}
    assert there == back


def test_parts_are_named_by_their_keys():
    assert changed("grant: {kind: fixed, points: 50}", "grant: {kind: fixed, points: 60}") == [
        ("/rules/birthday/grant/points", "changed", 50, 60)
    ]
    assert changed("threshold: 50", "threshold: 60") == [
        ("/tier_sets/status/tiers/roasted/threshold", "changed", 50, 60)
    ]


def test_who_may_adjust_how_much_is_told_by_role():
    assert changed("manager: 10000, agent: 500", "manager: 20000") == [
        ("/authority/by_role/manager", "changed", 10_000, 20_000),
        ("/authority/by_role/agent", "removed", 500, None),
    ]
    assert changed("second_above: 5000", "") == [("/authority/second_above", "removed", 5_000, None)]


def test_a_default_that_is_said_is_no_change_and_one_that_goes_is_told():
    assert changed("zone: Europe/Vienna", "zone: Europe/Vienna\nmultipliers: add") == []
    assert changed("grace_days: 30", "grace_days: 0") == [("/tier_sets/status/grace_days", "changed", 30, 0)]


def test_what_came_and_what_went_is_told_whole():
    assert changed("    stock: 20\n", "") == [("/rewards/tasting/stock", "removed", 20, None)]
    assert changed("    name: Stars\n", "    name: Stars\n    cost: {EUR: 0.5}\n") == [
        ("/currencies/stars/cost", "added", None, {"EUR": Decimal("0.5")})
    ]
    gone, come = changed("  - {key: green, name: Green}\n", "  - {key: blue, name: Green}\n")
    assert gone[:2] == ("/tier_sets/status/tiers/green", "removed")
    assert come[:3] == ("/tier_sets/status/tiers/blue", "added", None)
    assert (gone[2]["key"], gone[3], come[3]["key"]) == ("green", None, "blue")


def test_another_kind_is_another_thing():
    assert changed("grant: {kind: fixed, points: 50}", "grant: {kind: per_item, points: 50}") == [
        (
            "/rules/birthday/grant",
            "changed",
            {"kind": "fixed", "points": 50},
            {"kind": "per_item", "points": Decimal(50)},
        )
    ]
    assert changed("kind: status\n", "kind: spendable\n") == [
        ("/currencies/stars/kind", "changed", "status", "spendable")
    ]


def test_another_order_of_rules_is_told_as_that():
    first, second, third = (rule(key=key, name=key) for key in ("a", "b", "c"))
    assert changes(small(rules=[first, second]), small(rules=[second, first])) == [
        ("/rules", "reordered", ["a", "b"], ["b", "a"])
    ]
    assert [each[:2] for each in changes(small(rules=[first, second]), small(rules=[first, third, second]))] == [
        ("/rules/c", "added")
    ]


def test_another_order_of_amounts_is_told_since_the_first_one_counts():
    one, other = (
        small(rules=[rule(grant={"kind": "per_amount", "points": 1, "per": per})])
        for per in ({"EUR": 1, "USD": 1}, {"USD": 1, "EUR": 1})
    )
    assert [each[:2] for each in changes(one, other)] == [("/rules/shopping/grant/per", "changed")]


def test_changes_stand_in_the_order_of_the_document():
    kept, gone, come = (rule(key=key, name=key) for key in ("kept", "gone", "come"))
    before = small(rules=[gone, kept], description="a")
    after = small(rules=[kept | {"priority": 5}, come], description="b", points_are="discount")
    assert [each[:2] for each in changes(before, after)] == [
        ("/description", "changed"),
        ("/rules/gone", "removed"),
        ("/rules/kept/priority", "changed"),
        ("/rules/come", "added"),
        ("/points_are", "changed"),
    ]


def test_keys_that_stand_twice_leave_the_list_whole():
    before, after = small(rules=[rule(), rule()]), small(rules=[rule()])
    assert [each[:2] for each in changes(before, after)] == [("/rules", "changed")]
