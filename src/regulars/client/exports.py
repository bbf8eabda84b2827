"""Exports to files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from regulars.client import shapes
from regulars.client.resource import Resource


class Exports(Resource):
    """Files on their way out: ask, look until `is_ready`, download."""

    def ask(
        self,
        *,
        kind: shapes.ExportKind,
        format: shapes.ExportFormat = "csv",  # noqa: A002  # The wire's name.
        source: str | None = None,
        since: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Export:
        """Have a file written in the background."""
        body = {"kind": kind, "format": format, "source": source, "since": since}
        return cast("shapes.Export", self._caller.write("POST", "exports", body, idempotency_key=idempotency_key))

    def get(self, export_id: str) -> shapes.Export:
        """Return an export: how far it has come, and whether its file can be had."""
        return cast("shapes.Export", self._caller.get(f"exports/{export_id}"))

    def download(self, export_id: str, goal: str | Path) -> Path:
        """Write the file to `goal`, as it comes."""
        path = Path(goal)
        self._caller.fetch_file(f"exports/{export_id}/file", path)
        return path

    def remove(self, export_id: str, *, idempotency_key: str | None = None) -> shapes.Export:
        """End an export that is under way, and remove its file now."""
        answer = self._caller.write("DELETE", f"exports/{export_id}", idempotency_key=idempotency_key)
        return cast("shapes.Export", answer)

    def list(self, *, kind: shapes.ExportKind | None = None, page_size: int = 100) -> Iterator[shapes.Export]:
        """Return exports, the newest first."""
        return self._each("exports", {"kind": kind, "limit": page_size})
