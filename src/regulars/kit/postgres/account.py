"""Whom the server runs as. PostgreSQL refuses to run as root, so there an unprivileged account is taken."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# An account made for it is better than the one that everybody's leftovers run as.
UNPRIVILEGED = ("regulars", "postgres", "nobody")
# Where a server that may not enter root's folders keeps what it needs.
SHARED_STATE = Path("/var/lib/regulars")


@dataclass(frozen=True, slots=True)
class Account:
    """The account of the server's process, where it is not ours."""

    uid: int
    gid: int

    def as_options(self) -> Mapping[str, Any]:
        """Return what `subprocess` takes to run as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Give `folder` itself to the account."""
        os.chown(folder, self.uid, self.gid)


def server_account() -> Account | None:
    """Return the account that the server runs as, or None where it is our own."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(65534, 65534)


def others_can_enter(folder: Path) -> bool:
    """Tell whether an account that owns nothing here can reach `folder`."""
    folder = folder.resolve()
    existing = (path for path in (folder, *folder.parents) if path.exists())
    return all(path.stat().st_mode & stat.S_IXOTH for path in existing)
