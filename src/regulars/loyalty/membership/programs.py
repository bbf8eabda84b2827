"""Which version of a programme a member is judged by."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_version_at, list_published
from regulars.loyalty.tiers.queries import find_standing


class NotBegun(DomainError):
    """The programme has no version that is in force."""

    code = "program_not_begun"


def get_version_now(program: str, now: datetime) -> ProgramVersion:
    """Return the version of a programme that is in force.

    Raises
    ------
    NoSuchProgram
        There is no such programme.
    NotBegun
        None is in force yet.
    """
    version = get_version_at(program, now)
    if version is None:
        raise NotBegun(gettext("The programme {key} has not begun.").format(key=program))
    return version


def list_versions_since_evaluated(
    member_ids: Collection[UUID], version: ProgramVersion, now: datetime
) -> list[ProgramVersion]:
    """Return the versions by which members are evaluated: those in force since each of them last was."""
    sets = [tier_set.key for tier_set in version.document.tier_sets]
    standings = (find_standing(member_id, key) for member_id in member_ids for key in sets)
    since = min((found.evaluated_at for found in standings if found and found.evaluated_at), default=now)
    begun = [each for each in list_published(version.program_id) if each.effective_at <= now]
    ended = {each.number for each, after in pairwise(begun) if after.effective_at <= since}
    return [each for each in begun if each.number not in ended]
