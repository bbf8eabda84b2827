from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction

from regulars.business.contracts import Business
from regulars.business.services import save_business
from regulars.loyalty.definitions import queries, services
from regulars.loyalty.definitions.models import Version
from regulars.loyalty.definitions.tests.programs import Strict, rule, small
from regulars.loyalty.definitions.writing import digest_of, to_yaml
from regulars.staff.models import AuditEntry
from regulars.stream.contracts import Actor, ActorKind
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACTOR = Actor(ActorKind.STAFF, "ada")
CHECKS = Strict()


def save(program=None, **options):
    return services.save_draft(document=program or small(), **{"now": NOW, "actor": ACTOR} | options)


def publish(program=None, **options):
    save(program, now=options.get("now", NOW))
    return services.publish(**{"program": "club", "now": NOW, "actor": ACTOR, "checks": CHECKS} | options)


def roll_back(to_version, **options):
    told = {"program": "club", "to_version": to_version, "now": NOW, "actor": ACTOR, "checks": CHECKS}
    return services.roll_back(**told | options)


def trail():
    return list(AuditEntry.objects.order_by("id").values_list("action", "details", "actor"))


def events():
    return [(each.type, each.customer_id, each.payload) for each in Event.objects.order_by("transaction", "position")]


# --- Drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_from_a_text_or_a_document():
    draft = services.save_draft(text=to_yaml(small()), now=NOW, actor=ACTOR)
    assert draft.document == small()
    assert draft.digest == digest_of(small())
    assert queries.get_draft("club") == draft
    assert (draft.made_by, draft.made_at) == ("staff:ada", NOW)
    assert save(small(name="Other")).program_id == draft.program_id
    assert queries.get_draft("club").document.name == "Other"
    assert Version.objects.count() == 1
    assert [action for action, _, _ in trail()] == ["program.drafted", "program.drafted"]
    assert events() == []


def test_the_same_draft_again_changes_nothing():
    draft = save()
    assert save(now=NOW + DAY) == draft
    assert len(trail()) == 1


def test_a_text_that_cannot_be_read_is_no_draft():
    with pytest.raises(services.FaultyProgram) as caught:
        services.save_draft(text="program: club\nname: Club\nwrong: 1\n", now=NOW, actor=ACTOR)
    assert [(fault.code, fault.line) for fault in caught.value.faults] == [("missing", 1), ("unknown_field", 3)]
    assert caught.value.message == "The document has 2 faults, as: /currencies It needs currencies."
    assert queries.list_programs() == []


def test_a_draft_may_be_one_that_cannot_be_published():
    draft = save(small(rules=[rule(condition="wrong", currency="seeds")]))
    with pytest.raises(services.FaultyProgram) as caught:
        services.publish(program="club", now=NOW, actor=ACTOR, checks=CHECKS)
    assert [fault.code for fault in caught.value.faults] == ["wrong_condition", "no_such_currency"]
    assert queries.get_draft("club") == draft
    assert queries.list_versions("club") == []
    assert events() == []


def test_who_saves_over_a_draft_that_was_not_looked_at_is_told():
    first = save()
    second = save(small(name="Second"), expected_digest=first.digest)
    with pytest.raises(services.DraftChanged):
        save(small(name="Third"), expected_digest=first.digest)
    assert queries.get_draft("club") == second


def test_where_there_is_no_draft_one_begins_from_the_newest_version():
    version = publish()
    with pytest.raises(services.DraftChanged):
        save(small(name="Second"), expected_digest="")
    assert save(small(name="Second"), expected_digest=version.digest).document.name == "Second"


def test_a_new_programme_begins_from_nothing():
    with pytest.raises(services.DraftChanged):
        save(expected_digest="0" * 64)
    assert queries.list_programs() == []
    assert save(expected_digest="").program_key == "club"


def test_a_discarded_draft_is_gone_and_the_versions_stay():
    publish()
    save(small(name="Second"))
    services.discard_draft(program="club", now=NOW, actor=ACTOR)
    with pytest.raises(queries.NoDraft):
        queries.get_draft("club")
    with pytest.raises(queries.NoDraft):
        services.discard_draft(program="club", now=NOW, actor=ACTOR)
    assert [version.number for version in queries.list_versions("club")] == [1]
    assert trail()[-1][0] == "program.draft_discarded"


# --- Publishing -------------------------------------------------------------------------------------------------------


def test_what_is_published_is_the_next_version_and_leaves_a_trail():
    first = publish(note="At last")
    second = publish(small(name="Second"), now=NOW + DAY)
    assert (first.number, first.effective_at, first.digest) == (1, NOW, digest_of(small()))
    assert (second.number, second.document.name) == (2, "Second")
    assert second.program_id == first.program_id
    with pytest.raises(queries.NoDraft):
        queries.get_draft("club")
    assert [(each.number, each.note, each.from_version) for each in queries.list_versions("club")] == [
        (2, "", None),
        (1, "At last", None),
    ]
    assert [entry for entry in trail() if entry[0] == "program.published"] == [
        ("program.published", {"program": "club", "version": number}, "staff:ada") for number in (1, 2)
    ]
    assert events() == [
        ("program.published", None, {"program": "club", "version": 1, "effective_at": NOW.isoformat()}),
        ("program.published", None, {"program": "club", "version": 2, "effective_at": (NOW + DAY).isoformat()}),
    ]


def test_a_version_may_be_effective_later_and_never_earlier():
    with pytest.raises(services.EffectiveTooEarly):
        publish(effective_at=NOW - timedelta(microseconds=1))
    assert publish(effective_at=NOW + DAY).effective_at == NOW + DAY
    for effective_at in (None, NOW + DAY):
        with pytest.raises(services.EffectiveTooEarly):
            publish(small(name="Second"), effective_at=effective_at)
    assert publish(small(name="Second"), effective_at=NOW + 2 * DAY).number == 2


def test_the_same_document_is_no_new_version():
    publish()
    with pytest.raises(services.NothingChanged):
        publish(now=NOW + DAY)


def test_what_is_published_is_what_was_looked_at():
    looked_at = save()
    save(small(name="Second"))
    with pytest.raises(services.DraftChanged):
        services.publish(program="club", expected_digest=looked_at.digest, now=NOW, actor=ACTOR, checks=CHECKS)


def test_nothing_is_published_of_a_programme_that_does_not_exist():
    with pytest.raises(queries.NoSuchProgram):
        services.publish(program="club", now=NOW, actor=ACTOR, checks=CHECKS)
    publish()
    with pytest.raises(queries.NoDraft):
        services.publish(program="club", now=NOW, actor=ACTOR, checks=CHECKS)


def set_up_business(zone):
    business = Business(
        name="Shop", zone=zone, reporting_currency="CHF", language="en", country="AT", brand_colour="#0d6b50"
    )
    save_business(business=business, now=NOW, actor=ACTOR)


def test_the_zone_of_a_version_is_the_one_of_its_publication():
    set_up_business("Europe/Vienna")
    publish(small(zone=None))
    set_up_business("Asia/Tokyo")
    assert queries.get_version("club", 1).zone == ZoneInfo("Europe/Vienna")
    assert publish(small(zone="Europe/Paris"), now=NOW + DAY).zone == ZoneInfo("Europe/Paris")


def test_costs_are_checked_in_the_currency_of_reports():
    set_up_business("Europe/Vienna")
    with pytest.raises(services.FaultyProgram) as caught:
        publish(small(currencies=[{"key": "beans", "name": "Beans", "cost": {"EUR": "0.01"}}]))
    assert [fault.code for fault in caught.value.faults] == ["cost_not_in_reporting_currency"]


# --- Bringing back ----------------------------------------------------------------------------------------------------


def test_an_earlier_version_comes_back_as_the_next_and_the_draft_stays():
    first = publish()
    publish(small(name="Second"), now=NOW + DAY)
    draft = save(small(name="Third"))
    third = roll_back(1, now=NOW + 2 * DAY, note="Oh")
    assert (third.number, third.document, third.digest) == (3, first.document, first.digest)
    newest = queries.list_versions("club")[0]
    assert (newest.from_version, newest.note, newest.effective_at) == (1, "Oh", NOW + 2 * DAY)
    assert queries.get_draft("club") == draft
    told = {"program": "club", "version": 3, "from_version": 1}
    assert trail()[-1] == ("program.rolled_back", told, "staff:ada")
    assert events()[-1] == (
        "program.rolled_back",
        None,
        told | {"effective_at": (NOW + 2 * DAY).isoformat()},
    )


def test_only_another_version_that_was_published_comes_back():
    publish()
    with pytest.raises(services.NothingChanged):
        roll_back(1, now=NOW + DAY)
    save(small(name="Second"))
    with pytest.raises(queries.NoSuchVersion):
        roll_back(2, now=NOW + DAY)
    with pytest.raises(queries.NoSuchProgram):
        roll_back(1, program="other")


@pytest.mark.parametrize(("named", "given"), [("Pacific/Auckland", ZoneInfo("Pacific/Auckland")), (None, None)])
def test_conditions_are_checked_in_the_zone_that_the_document_names(named, given):
    seen = []

    class Zoned(Strict):
        def condition(self, text, trigger, zone):
            seen.append(zone)
            return super().condition(text, trigger, zone)

    publish(small(rules=[rule(condition="right")], zone=named), checks=Zoned())
    assert set(seen) == {given}


def test_what_comes_back_is_checked_with_what_is_known_now():
    publish(small(rules=[rule(condition="once right")]))
    publish(small(), now=NOW + DAY)

    class Stricter(Strict):
        def condition(self, text, trigger, zone):
            return super().condition(text.replace("once right", "wrong"), trigger, zone)

    with pytest.raises(services.FaultyProgram):
        roll_back(1, now=NOW + 2 * DAY, checks=Stricter())
    with pytest.raises(services.EffectiveTooEarly):
        roll_back(1, now=NOW + 2 * DAY, effective_at=NOW)


# --- What the database holds to ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE loyalty_definitions_version SET document = '{}' WHERE state = 'published'",
        "UPDATE loyalty_definitions_version SET effective_at = effective_at + interval '1 day' WHERE number = 1",
        "UPDATE loyalty_definitions_version SET state = 'draft', number = NULL, effective_at = NULL,"
        " published_at = NULL",
        "DELETE FROM loyalty_definitions_version",
        "DELETE FROM loyalty_definitions_program",
    ],
)
def test_a_published_version_neither_changes_nor_goes(statement):
    publish()
    with connection.cursor() as cursor:
        # What a foreign key holds to would be looked at when the transaction ends.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(statement)
    assert queries.get_version("club", 1).document == small()


def test_there_is_one_draft_and_no_version_without_its_number_or_time():
    publish()
    save(small(name="Second"))
    row = Version.objects.get(state="draft")
    for change in (
        {"id": None},
        {"state": "published"},
        {"state": "published", "number": 2, "published_at": NOW},
        {"state": "published", "number": 2, "published_at": NOW, "effective_at": NOW - DAY},
        {"state": "published", "number": 1, "published_at": NOW, "effective_at": NOW + DAY},
        {"state": "published", "number": 2, "published_at": NOW, "effective_at": NOW},
        {"state": "other"},
    ):
        wrong = Version.objects.get(id=row.id)
        for name, value in change.items():
            setattr(wrong, name, value)
        with pytest.raises(DatabaseError), transaction.atomic():
            wrong.save()
