"""Where the lake lies, and which of its snapshots holds.

A snapshot is a folder of whole files. It is written beside the one that holds, and takes its place by one rename, so
that a reader sees the files of one moment, and a kill leaves the last snapshot as it was. A month in which nothing has
changed is the same file in both, under two names.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

# Raised when the files' columns change, so that the next snapshot is written from scratch.
FORM = 3
# The kinds of files of which there is one for each month (UTC) in which something was bought.
MONTHLY = ("orders", "lines", "returned")
_CURRENT = "current"
_MANIFEST = "manifest.json"
_PART = ".part"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastEvent:
    """The last event of the stream that a snapshot saw; where it is gone, the database is not the one it was."""

    transaction: int
    position: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a snapshot says of itself.

    `seen_until` is the number below which it has seen every transaction of the stream. `rewritten` are the months that
    were written anew for it, as `2026-11`; None where all of them were. `numbers` of customers have been given so far.
    """

    form: int
    made_at: str
    seen_until: int
    last_event: LastEvent | None
    rewritten: tuple[str, ...] | None
    numbers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot of the lake: its folder, and what it says of itself."""

    folder: Path
    manifest: Manifest

    def files(self, kind: str) -> list[Path]:
        """Return the files of a monthly kind, in the order of their months."""
        return sorted((self.folder / kind).glob("*.parquet"))

    def file(self, name: str) -> Path:
        """Return one of the small whole files: `aliases`, `customers`, `products`."""
        return self.folder / f"{name}.parquet"


def lake() -> Path:
    """Return the folder of the lake."""
    return Path(settings.INSTALLATION.lake)


def find_snapshot() -> Snapshot | None:
    """Return the snapshot that holds; None where there is none of this form yet."""
    folder = lake() / _CURRENT
    try:
        told = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if told["form"] != FORM:
            return None
        last = told.pop("last_event")
        rewritten = told.pop("rewritten")
        manifest = Manifest(
            **told,
            last_event=LastEvent(**last) if last else None,
            rewritten=None if rewritten is None else tuple(rewritten),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return Snapshot(folder=folder.resolve(), manifest=manifest)


@contextmanager
def draft() -> Iterator[Path]:
    """Yield the folder of a snapshot to be written; what is left of it is removed, unless `settle` made it hold."""
    _forget_parts()
    folder = lake() / "snapshots" / f"{uuid.uuid4().hex}{_PART}"
    folder.mkdir(mode=0o700, parents=True)
    for kind in MONTHLY:
        (folder / kind).mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settle(folder: Path, manifest: Manifest) -> Snapshot:
    """Let a draft hold in the place of the snapshot before it, which is kept until the next one."""
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2), encoding="utf-8")
    _sync(folder)
    final = folder.with_name(folder.name.removesuffix(_PART))
    folder.rename(final)
    before = (lake() / _CURRENT).resolve()
    link = lake() / f"{_CURRENT}.new"
    link.unlink(missing_ok=True)
    link.symlink_to(final.relative_to(lake()))
    link.replace(lake() / _CURRENT)
    for old in (lake() / "snapshots").iterdir():
        if old not in {final, before}:
            _remove_unless_held(old)
    return Snapshot(folder=final, manifest=manifest)


@contextmanager
def held(snapshot: Snapshot) -> Iterator[None]:
    """Let a snapshot be there while it is read, whatever takes its place meanwhile; a kill lets it go."""
    with (snapshot.folder / _MANIFEST).open("rb") as file:
        # Some file systems cannot; there a snapshot is kept until the second one after it.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


def keep(file: Path, folder: Path) -> None:
    """Have a file of the snapshot before in this one too, without copying it where the folder can do that."""
    goal = folder / file.parent.name / file.name
    try:
        os.link(file, goal)
    except OSError:
        shutil.copyfile(file, goal)


def _remove_unless_held(folder: Path) -> None:
    """Remove a snapshot that no longer holds; one that is still read is removed after a later one."""
    try:
        with (folder / _MANIFEST).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    except OSError:
        # It has no manifest, or the file system knows no such locks.
        shutil.rmtree(folder, ignore_errors=True)


def _forget_parts() -> None:
    """Remove what a killed snapshot left; one runs at a time."""
    for left in (lake() / "snapshots").glob(f"*{_PART}"):
        shutil.rmtree(left, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Have all files on disk before the snapshot holds."""
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            # Some file systems cannot; they hold the files as well as they can.
            with suppress(OSError):
                os.fsync(handle)
            os.close(handle)
