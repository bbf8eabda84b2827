"""Change customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.customers.contracts import Identifier, Profile
from regulars.customers.resolving import Resolution
from regulars.stream.contracts import Actor

Named = tuple[Sequence[Identifier], Profile]


@transaction.atomic
def resolve_customers(*, people: Sequence[Named], source: str, now: datetime, actor: Actor) -> list[UUID | None]:
    """Find or add the customers that identifiers name; return an id for each, None where no identifier names anybody.

    An identifier that nobody has is attached. Where identifiers name several customers, the weightiest decides and the
    others stay where they are. What is known of a profile fills what is empty, and overwrites nothing.
    """
    return Resolution(people, source=source, now=now, actor=actor).run()
