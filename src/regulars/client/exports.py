"""Exports to files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import sleep
from typing import Any, cast

from regulars.client import shapes
from regulars.client.errors import NotExported
from regulars.client.facts import Condition
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
        condition: Condition | None = None,
        facts: Sequence[str] = (),
        idempotency_key: str | None = None,
    ) -> shapes.Export:
        """Have a file written in the background; of facts, by a condition and with the facts that are named."""
        body: dict[str, Any] = {"kind": kind, "format": format, "source": source, "since": since}
        body |= {"condition": condition, "facts": [*facts]}
        return cast("shapes.Export", self._caller.write("POST", "exports", body, idempotency_key=idempotency_key))

    def get(self, export_id: str) -> shapes.Export:
        """Return an export: how far it has come, and whether its file can be had."""
        return cast("shapes.Export", self._caller.get(f"exports/{export_id}"))

    def wait(self, export_id: str, *, every_seconds: float = 1.0) -> shapes.Export:
        """Return an export when its file can be downloaded.

        Raises
        ------
        NotExported
            It ended without a file.
        """
        while not (found := self.get(export_id))["is_ready"]:
            if found["state"] != "running":
                why = "export_withheld" if found["is_withheld"] else found["state"]
                raise NotExported(found["error_code"] or why, found["error_message"])
            sleep(every_seconds)
        return found

    def read(
        self,
        *,
        kind: shapes.ExportKind,
        source: str | None = None,
        since: str | None = None,
        condition: Condition | None = None,
        facts: Sequence[str] = (),
        every_seconds: float = 1.0,
    ) -> Any:
        """Return a table of Arrow (`pyarrow.Table`) with typed columns; it needs pyarrow, and the room for all rows.

        Raises
        ------
        NotExported
            The export ended without a file.
        """
        # The client needs httpx, and this method alone more.
        import pyarrow.parquet as pq

        asked = self.ask(kind=kind, format="parquet", source=source, since=since, condition=condition, facts=facts)
        try:
            self.wait(asked["id"], every_seconds=every_seconds)
            with tempfile.TemporaryDirectory() as folder:
                return pq.read_table(self.download(asked["id"], Path(folder) / "export.parquet"))
        finally:
            # What is personal does not lie about; nobody else knows of this file.
            self.remove(asked["id"])

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
