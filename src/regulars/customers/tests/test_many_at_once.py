"""One person, told of by many, and merged by two, in the same moment."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction

from regulars.customers import queries, services
from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.merging import merge_customers
from regulars.stream.contracts import system

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_one_person_told_of_by_many_at_once_is_one_customer(fresh_database: str) -> None:
    found: list[UUID | None] = []
    start = threading.Barrier(8)

    def tell() -> None:
        start.wait()
        found.extend(
            services.resolve_customers(
                people=[
                    Person(
                        identifiers=[
                            Identifier(IdentifierKind.EMAIL, "a@example.com"),
                            Identifier(IdentifierKind.PHONE, "+43 1 5881 234"),
                        ]
                    )
                ],
                source="shop",
                now=NOW,
                actor=system("test"),
            )
        )
        connection.close()

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert queries.count_customers().value == 1


def test_a_customer_who_is_merged_while_another_merge_waits_leads_where_both_say(fresh_database: str) -> None:
    one, two, three = (named(f"{number}@example.com") for number in range(3))
    merged, wrong = threading.Event(), []

    def merge_first() -> None:
        with transaction.atomic():
            merge_customers(survivor_id=two, merged_id=one, now=NOW, actor=system("test"))
            merged.set()
            # The other waits for the rows by now.
            time.sleep(0.5)
        connection.close()

    def merge_then() -> None:
        merged.wait(20)
        try:
            merge_customers(survivor_id=three, merged_id=one, now=NOW, actor=system("test"))
        except Exception as error:
            wrong.append(error)
        connection.close()

    threads = [threading.Thread(target=work) for work in (merge_first, merge_then)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert {queries.get_survivor(each) for each in (one, two, three)} == {three}


def named(email: str) -> UUID:
    person = Person(identifiers=[Identifier(IdentifierKind.EMAIL, email)])
    [found] = services.resolve_customers(people=[person], source="shop", now=NOW, actor=system("test"))
    assert found
    return found
