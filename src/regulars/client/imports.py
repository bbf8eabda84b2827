"""Imports of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource


class Imports(Resource):
    """Files on their way in: create, map, try out or start, and look."""

    def create(
        self,
        file: str | Path,
        *,
        kind: shapes.ImportKind,
        source: str,
        file_name: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.ImportPut:
        """Send a file in; `source` is whose numbers it holds."""
        path = Path(file)
        told = {"kind": kind, "source": source, "file_name": path.name if file_name is None else file_name}
        answer = self._caller.send_file("imports", path, told, idempotency_key=idempotency_key)
        return cast("shapes.ImportPut", answer)

    def map(
        self, import_id: str, mapping: shapes.Mapping | None = None, *, idempotency_key: str | None = None
    ) -> shapes.ImportPut:
        """Say how a file is to be understood; what is left out is recognised."""
        path = f"imports/{import_id}/mapping"
        answer = self._caller.write("PUT", path, mapping or {}, idempotency_key=idempotency_key)
        return cast("shapes.ImportPut", answer)

    def preview(self, import_id: str) -> dict[str, Any]:
        """Return the beginning of a file as it would be kept, and what is wrong with its rows."""
        return cast("dict[str, Any]", self._caller.get(f"imports/{import_id}/preview"))

    def try_out(self, import_id: str, *, idempotency_key: str | None = None) -> shapes.ImportPut:
        """Try the whole file in the background, keeping nothing."""
        return self._act(import_id, "dry-run", idempotency_key)

    def start(self, import_id: str, *, idempotency_key: str | None = None) -> shapes.ImportPut:
        """Import the file in the background."""
        return self._act(import_id, "start", idempotency_key)

    def cancel(self, import_id: str, *, idempotency_key: str | None = None) -> shapes.ImportPut:
        """Let an import go no further; what it has kept stays."""
        return self._act(import_id, "cancel", idempotency_key)

    def get(self, import_id: str) -> shapes.Import:
        """Return an import: how far it has come, and what became of its rows."""
        return cast("shapes.Import", self._caller.get(f"imports/{import_id}"))

    def refused(self, import_id: str, *, page_size: int = 100) -> Iterator[shapes.RefusedRow]:
        """Return the rows that were refused, by number, each with why."""
        return self._each(f"imports/{import_id}/refused", {"limit": page_size})

    def download_refused(self, import_id: str, goal: str | Path) -> Path:
        """Write the refused rows, as they stand in the file, to a CSV."""
        path = Path(goal)
        self._caller.fetch_file(f"imports/{import_id}/refused.csv", path)
        return path

    def list(self, *, kind: shapes.ImportKind | None = None, page_size: int = 100) -> Iterator[shapes.Import]:
        """Return imports, the newest first."""
        return self._each("imports", {"kind": kind, "limit": page_size})

    def _act(self, import_id: str, verb: str, idempotency_key: str | None) -> shapes.ImportPut:
        answer = self._caller.write("POST", f"imports/{import_id}/{verb}", idempotency_key=idempotency_key)
        return cast("shapes.ImportPut", answer)
