"""Merges on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from regulars.faces.api.schemas.wire import In, Out


class MergeIn(In):
    """Which customer is taken into which: what the survivor lacks it takes over, its own it keeps."""

    survivor_id: UUID
    merged_id: UUID


class MergeOut(Out):
    """Two profiles that were found to be one person; `undone_at` where they are two again."""

    id: UUID
    survivor_id: UUID
    merged_id: UUID
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None


class MergesOut(Out):
    """A page of merges, the latest first."""

    items: list[MergeOut]
    next: str | None


class MergesOfOneOut(Out):
    """The merges into a customer that stand, the latest first."""

    items: list[MergeOut]
