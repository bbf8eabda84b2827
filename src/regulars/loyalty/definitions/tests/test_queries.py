from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.loyalty.definitions import queries, services
from regulars.loyalty.definitions.personal_data import export
from regulars.loyalty.definitions.tests.programs import Strict, small
from regulars.stream.contracts import Actor, ActorKind

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACTOR = Actor(ActorKind.STAFF, "ada")
MOMENT = timedelta(microseconds=1)


def publish(name, *, effective_at=None, now=NOW, program="club"):
    document = small(name=name, program=program)
    services.save_draft(document=document, now=now, actor=ACTOR)
    return services.publish(program=program, effective_at=effective_at, now=now, actor=ACTOR, checks=Strict())


def test_the_version_in_force_is_the_one_of_the_moment_of_business():
    first = publish("First", effective_at=NOW + DAY)
    second = publish("Second", effective_at=NOW + 3 * DAY)
    assert queries.get_version_at("club", NOW + DAY - MOMENT) is None
    assert queries.get_version_at("club", NOW + DAY) == first
    assert queries.get_version_at("club", NOW + 3 * DAY - MOMENT) == first
    assert queries.get_version_at("club", NOW + 3 * DAY) == second
    assert queries.get_newest_version("club") == second


def test_a_version_is_found_by_its_number():
    first = publish("First")
    publish("Second", now=NOW + DAY)
    assert queries.get_version("club", 1) == queries.get_version_of(first.program_id, 1) == first
    for number in (0, 3):
        with pytest.raises(queries.NoSuchVersion):
            queries.get_version("club", number)
        with pytest.raises(queries.NoSuchVersion):
            queries.get_version_of(first.program_id, number)


def test_programmes_are_listed_by_key():
    publish("Zebra", program="zebra")
    services.save_draft(document=small(program="antelope", name="Antelope"), now=NOW, actor=ACTOR)
    publish("Club")
    services.save_draft(document=small(name="Better Club"), now=NOW, actor=ACTOR)
    listed = queries.list_programs()
    assert [(each.key, each.name, each.newest_number, each.has_draft) for each in listed] == [
        ("antelope", "Antelope", None, True),
        ("club", "Club", 1, True),
        ("zebra", "Zebra", 1, False),
    ]
    assert queries.get_program("club") == listed[1]
    assert queries.get_newest_version("antelope") is None
    assert queries.list_versions("antelope") == []


def test_a_programme_without_versions_and_draft_is_named_by_its_key():
    services.save_draft(document=small(), now=NOW, actor=ACTOR)
    services.discard_draft(program="club", now=NOW, actor=ACTOR)
    assert queries.get_program("club").name == "club"


@pytest.mark.parametrize(
    "ask",
    [
        queries.get_program,
        queries.get_draft,
        queries.get_newest_version,
        queries.list_versions,
        lambda key: queries.get_version(key, 1),
        lambda key: queries.get_version_at(key, NOW),
        lambda key: queries.get_version_of(UUID(int=1), 1),
    ],
)
def test_what_is_asked_of_no_programme_is_refused(ask):
    with pytest.raises(queries.NoSuchProgram):
        ask("nothing")


def test_a_document_is_read_once():
    queries._document.cache_clear()
    publish("First")
    queries._document.cache_clear()
    first = queries.get_version("club", 1)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert queries.get_version("club", 1).document is first.document
    assert not any('"document"' in each["sql"] for each in captured)


def test_nothing_is_held_of_a_person():
    assert export([UUID(int=1)]) == {}
