"""A home of its own for each test's files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the files of a test in a home of its own."""
    monkeypatch.setattr(settings, "INSTALLATION", SimpleNamespace(home=tmp_path, lake=tmp_path / "lake"))
    return tmp_path
