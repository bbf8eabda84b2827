"""A whole Regulars for each story."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.running import Running


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that a server which is not root can enter."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-story-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def regulars(home: Path) -> Iterator[Running]:
    """A whole Regulars that answers."""
    running = Running(home)
    running.start()
    yield running
    running.stop()
    assert running.left_over() == []
