"""Keep lists as somebody has asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.staff.contracts import SavedView
from regulars.staff.models import SavedView as SavedViewRow
from regulars.staff.services import record
from regulars.stream.contracts import Actor

_LONGEST_NAME = 80
_LONGEST_QUERY = 25_000
_MOST = 100


class WrongView(DomainError):
    """A view has no name, or one that is too long, or there are too many."""

    code = "wrong_view"
    field = "name"


class NoSuchView(DomainError):
    """No view has this id, or it is somebody else's."""

    code = "no_such_view"


def list_views(account_id: UUID, section: str) -> Sequence[SavedView]:
    """Return the views of a list that somebody may use: their own, and those that others share; by name."""
    rows = SavedViewRow.objects.filter(Q(account_id=account_id) | Q(is_shared=True), section=section)
    return [view_of(row) for row in rows.order_by("name", "id")]


@transaction.atomic
def save_view(
    *, account_id: UUID, section: str, name: str, query: str, is_shared: bool, now: datetime, actor: Actor
) -> SavedView:
    """Keep a view under a name; one of the same person and name is replaced.

    Raises
    ------
    WrongView
        The name is empty or too long, or there are too many views.
    """
    told = " ".join(name.split())
    if not 1 <= len(told) <= _LONGEST_NAME or len(query) > _LONGEST_QUERY:
        raise WrongView(gettext("A view has a name of 1 to {longest} characters.").format(longest=_LONGEST_NAME))
    mine = SavedViewRow.objects.filter(account_id=account_id, section=section)
    if mine.exclude(name=told).count() >= _MOST:
        raise WrongView(gettext("You have {most} views already; remove one first.").format(most=_MOST))
    row, _ = SavedViewRow.objects.update_or_create(
        account_id=account_id,
        section=section,
        name=told,
        defaults={"query": query, "is_shared": is_shared},
        create_defaults={"query": query, "is_shared": is_shared, "created_at": now},
    )
    record(actor, "view.saved", "view", row.id, now=now, details={"is_shared": is_shared})
    return view_of(row)


@transaction.atomic
def remove_view(*, view_id: UUID, account_id: UUID, now: datetime, actor: Actor) -> SavedView:
    """Take a view of one's own away; return it as it was.

    Raises
    ------
    NoSuchView
        There is none, or it is somebody else's.
    """
    row = SavedViewRow.objects.select_for_update(no_key=True).filter(id=view_id, account_id=account_id).first()
    if row is None:
        raise NoSuchView(gettext("There is no such view among yours."))
    view = view_of(row)
    row.delete()
    record(actor, "view.removed", "view", view.id, now=now)
    return view


def view_of(row: SavedViewRow) -> SavedView:
    """Return the contract of a view's row."""
    return SavedView(
        id=row.id,
        account_id=row.account_id,
        section=row.section,
        name=row.name,
        query=row.query,
        is_shared=row.is_shared,
        created_at=row.created_at,
    )
