"""What the API refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx


class ApiError(Exception):
    """A call was refused: `code` is stable, `pointer` the place in what was sent, `errors` all faults where several.

    `place` are the first character that is wrong in a condition's text, and the one behind the last; `values` are
    figures that explain it, as how many points are missing.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        place: tuple[int, int] | None = None,
        values: dict[str, Any] | None = None,
        errors: Sequence[dict[str, Any]] = (),
    ) -> None:
        where = pointer or parameter
        super().__init__(f"{status} {code}: {detail}" + (f" ({where})" if where else ""))
        self.status, self.code, self.detail = status, code, detail
        self.pointer, self.parameter, self.place, self.errors = pointer, parameter, place, errors
        self.values = values or {}

    @classmethod
    def of(cls, answer: httpx.Response) -> ApiError:
        """Return the error that an answer tells; one that is no problem of ours is told by its status."""
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict) or "code" not in told:
            return cls(answer.status_code, "http_error", answer.reason_phrase)
        return cls(
            answer.status_code,
            told["code"],
            told.get("detail", ""),
            pointer=told.get("pointer"),
            parameter=told.get("parameter"),
            place=(told["place"]["start"], told["place"]["end"]) if told.get("place") else None,
            values=told.get("values"),
            errors=told.get("errors") or (),
        )


class NotExported(Exception):
    """An export ended without a file: `code` is stable, `detail` a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail
