"""The machine and the home: what can be looked at without the database."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from regulars.design.assets import STATIC_DIR
from regulars.faces.cli.running.doctor.finding import Finding, bad, good, notice
from regulars.kit.i18n import gettext as _
from regulars.kit.installation import Installation
from regulars.kit.outside import MailServer
from regulars.kit.run_lock import is_running

OLDEST_PYTHON = (3, 11)
SCARCE_BYTES, LITTLE_BYTES = 2**30, 5 * 2**30
_GIGABYTE = 2**30
_OF_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def look_at_machine(here: Installation) -> Iterator[Finding]:
    """Look at Python, the home, the address, mails, the assets, and what a kill may have left."""
    yield python(sys.version_info[:2])
    yield home(here.home)
    yield disk(here.home)
    yield secrets(here.home / "secrets.json")
    yield address(here.url)
    yield proxies(here)
    yield mail(here.mail_server)
    yield from single_sign_on(here)
    yield assets(STATIC_DIR)
    yield left_behind(here)


def python(version: tuple[int, ...]) -> Finding:
    """Look at the version of Python."""
    said = ".".join(str(number) for number in version)
    if version < OLDEST_PYTHON:
        return bad(
            "python",
            _("This is Python {version}.").format(version=said),
            _("Install Python 3.11 or newer, and Regulars in it."),
        )
    return good("python", _("Python {version}.").format(version=said))


def home(folder: Path) -> Finding:
    """Look whether the home can be written."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return good("home", _("The home {home} can be written.").format(home=folder))
    except OSError as error:
        return bad(
            "home",
            _("The home {home} cannot be written ({reason}).").format(home=folder, reason=error.strerror),
            _("Make the folder, give it to the account that runs Regulars, or set REGULARS_HOME to another one."),
        )


def disk(folder: Path) -> Finding:
    """Look at the room on the home's disk."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    said = _("{free} GB are free where {home} lies.").format(free=f"{free / _GIGABYTE:.1f}", home=folder)
    mend = _("Delete old backups and logs in it, or give it a larger disk; a full one stops the database.")
    if free < SCARCE_BYTES:
        return bad("disk", said, mend)
    return notice("disk", said, mend) if free < LITTLE_BYTES else good("disk", said)


def secrets(path: Path) -> Finding:
    """Look whether others can read the secrets."""
    if not path.exists():
        return good("secrets", _("There are no secrets in the home yet; the first start makes them."))
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return bad(
            "secrets",
            _("Others can read {path} (its mode is {mode}).").format(path=path, mode=f"{mode:o}"),
            _("Run: chmod 600 {path}").format(path=path),
        )
    return good("secrets", _("Only their owner can read the secrets."))


def address(url: str) -> Finding:
    """Look whether people reach Regulars without being overheard."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return good("address", _("People reach Regulars at {url}.").format(url=url))
    if parts.hostname in _OF_THIS_MACHINE:
        return notice(
            "address",
            _("Only this machine reaches Regulars, at {url}.").format(url=url),
            _("For others, set REGULARS_URL to an https address, and put a proxy with a certificate before it."),
        )
    return bad(
        "address",
        _("People reach Regulars at {url}; on the way, others can read passwords.").format(url=url),
        _("Put a proxy with a certificate before it, and set REGULARS_URL to its https address."),
    )


def proxies(here: Installation) -> Finding:
    """Look whether callers can be told apart, since attempts to sign in are counted by who calls."""
    if here.url.startswith("https://") and not here.proxies:
        return notice(
            "proxies",
            _("A proxy seems to stand before Regulars, but REGULARS_PROXIES is 0: all callers look like one."),
            _("Set REGULARS_PROXIES=1, or to as many as stand there; else one who guesses passwords locks all out."),
        )
    return good("proxies", _("Callers can be told apart."))


def mail(server: MailServer | None) -> Finding:
    """Look whether mails can go out."""
    if server is None:
        return notice(
            "mail",
            _("No mail server is named: forgotten passwords are set by command, invitations are handed over."),
            _("Set REGULARS_SMTP_URL and REGULARS_MAIL_FROM."),
        )
    if server.login and not (server.starts_tls or server.is_tls) and server.host not in _OF_THIS_MACHINE:
        return bad(
            "mail",
            _("Mails go to {host} unencrypted; on the way, others can read the password.").format(host=server.host),
            _("Write smtp+tls:// or smtps:// in REGULARS_SMTP_URL."),
        )
    return good("mail", _("Mails go out by {host}.").format(host=server.host))


def single_sign_on(here: Installation) -> Iterator[Finding]:
    """Tell which services may say who somebody is, and the address that each must know."""
    for provider in here.providers:
        address = f"{here.url}/oidc/{provider.id}/callback"
        said = _("People may sign in by {name}, which leads them back to {address}.")
        yield good("single sign-on", said.format(name=provider.name, address=address))


def assets(folder: Path) -> Finding:
    """Look whether styles and scripts were built."""
    missing = [
        name for name in ("console.css", "console.js", "report.css", "report.js") if not (folder / name).is_file()
    ]
    if missing:
        return bad(
            "assets",
            _("The pages' styles and scripts are not built ({name} is missing).").format(name=missing[0]),
            _("In a checkout run: make assets; else install Regulars again."),
        )
    return good("assets", _("The pages' styles and scripts are built."))


def left_behind(here: Installation) -> Finding:
    """Look for what a killed Regulars left: a server without its supervisor, or a file with its number."""
    mend = _("The next regulars serve clears it away.")
    if not is_running(here.home) and here.cluster:
        if server := here.cluster.left_running():
            return bad(
                "left behind",
                _("A database server (process {pid}) runs without Regulars.").format(pid=server.pid),
                mend,
            )
        if (here.cluster.data / "postmaster.pid").exists():
            return notice("left behind", _("A killed database server left its file with a process number."), mend)
    lock = here.home / "run.lock"
    if not is_running(here.home) and lock.exists() and lock.read_text(encoding="ascii"):
        return notice("left behind", _("The last Regulars was killed."), mend)
    return good("left behind", _("Nothing was left behind by a killed process."))
