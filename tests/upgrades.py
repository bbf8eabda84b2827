"""Databases as earlier versions left them: one made by each release that git has a tag for, one taken back by hand."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tests.running import Running

ROOT = Path(__file__).parents[1]
_TAG = re.compile(r"v\d+\.\d+\.\d+")
_HEADING = re.compile(r"^## \[?v?(\d+\.\d+\.\d+)", flags=re.MULTILINE)


def releases(tags: str) -> Sequence[str]:
    """Return the releases among the tags that `git tag` prints."""
    return [tag for tag in tags.split() if _TAG.fullmatch(tag)]


def tags_of_this_repository() -> str:
    return subprocess.run(["git", "tag"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def released_in(changelog: str) -> Sequence[str]:
    """Return the versions that a change log calls released."""
    return [f"v{version}" for version in _HEADING.findall(changelog)]


def source_of(commit: str, folder: Path) -> Path:
    """Lay out the source of a release in `folder`."""
    packed = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(folder)
    return folder / "src"


class Earlier(Running):
    """A Regulars that runs from another source, with the packages of this environment."""

    def __init__(self, home: Path, source: Path) -> None:
        super().__init__(home)
        self.environment["PYTHONPATH"] = str(source)


def take_back(running: Running, app: str) -> None:
    """Undo the migrations of an app, as if the database came from before it."""
    program = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'regulars.config.settings'; django.setup()\n"
        "from django.core.management import call_command\n"
        "from regulars.faces.cli.running.database import running_database\n"
        "from regulars.kit.installation import read_installation\n"
        "with running_database(read_installation(os.environ)):\n"
        f"    call_command('migrate', {app!r}, 'zero', database='owner', verbosity=0)\n"
    )
    subprocess.run([sys.executable, "-c", program], env=running.environment, check=True)
