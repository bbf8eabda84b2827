"""A whole Regulars for each story."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.running import Running


@contextmanager
def folder_of_a_story() -> Iterator[Path]:
    """A folder that a server which is not root can enter."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-story-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_in(home: Path) -> Iterator[Running]:
    running = Running(home)
    running.start()
    try:
        yield running
    finally:
        running.stop()
    assert running.left_over() == []


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder."""
    with folder_of_a_story() as folder:
        yield folder


@pytest.fixture(scope="session")
def made() -> Iterator[Running]:
    """A Regulars that has been started once and stopped: its database stands, and nothing has happened in it."""
    with folder_of_a_story() as folder:
        with running_in(folder) as running:
            pass
        shutil.rmtree(folder / "logs")
        (folder / "serve.log").unlink()
        yield running


@pytest.fixture
def made_home(home: Path, made: Running) -> Path:
    """A folder with a database in which nothing has happened."""
    made.copy_to(home)
    return home


@pytest.fixture
def regulars(made_home: Path) -> Iterator[Running]:
    """A whole Regulars that answers."""
    with running_in(made_home) as running:
        yield running


@pytest.fixture(scope="module")
def enduring(made: Running) -> Iterator[Running]:
    """A whole Regulars that stories share: those that leave it as able to work as they found it."""
    with folder_of_a_story() as folder:
        made.copy_to(folder)
        with running_in(folder) as running:
            yield running
