"""One person, told of by many in the same moment."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from regulars.customers import queries, services
from regulars.customers.contracts import Identifier, IdentifierKind, Person
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
