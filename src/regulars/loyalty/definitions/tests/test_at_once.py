from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection

from regulars.loyalty.definitions import queries, services
from regulars.loyalty.definitions.tests.programs import Strict, small
from regulars.stream.contracts import Actor, ActorKind

pytestmark = pytest.mark.usefixtures("fresh_database")

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ACTOR = Actor(ActorKind.STAFF, "ada")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Let each act in a thread of its own, and return what became of them."""
    begin = threading.Barrier(len(acts))
    outcomes = []

    def run(act):
        begin.wait()
        try:
            outcomes.append(act())
        except (services.DraftChanged, queries.NoDraft) as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes, key=str)


def test_of_two_who_publish_one_draft_at_once_one_does():
    services.save_draft(document=small(), now=NOW, actor=ACTOR)

    def publish():
        return services.publish(program="club", now=NOW, actor=ACTOR, checks=Strict()).number

    assert at_once(publish, publish) == [1, "no_draft"]


def test_of_two_who_draft_a_new_programme_at_once_the_second_is_told():
    def save(name):
        draft = services.save_draft(document=small(name=name), expected_digest="", now=NOW, actor=ACTOR)
        return draft.document.name

    outcomes = at_once(lambda: save("A"), lambda: save("B"))
    assert outcomes == [queries.get_draft("club").document.name, "draft_changed"]
