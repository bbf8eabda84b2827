from __future__ import annotations

import pytest

from regulars.kit import tracing
from regulars.kit.tracing import NoTracing, require_tracing, span


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "find_spec", lambda name: None)
    with pytest.raises(NoTracing, match=r"install regulars\[otel\], or unset it"):
        require_tracing()


def test_a_span_costs_nothing_where_nobody_looks() -> None:
    assert tracing._tracer is None
    with span("request") as traced:
        traced("GET customers", {"http.response.status_code": 200})
    assert traced is tracing._leave_unnamed


def test_what_fails_within_a_span_fails_as_without() -> None:
    with pytest.raises(ValueError, match="as it was"), span("request"):
        raise ValueError("as it was")
