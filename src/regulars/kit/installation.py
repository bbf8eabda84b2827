"""What an installation is told by its environment, and what it keeps in its home: read once, checked, typed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from regulars.kit.errors import WrongSetting
from regulars.kit.i18n import gettext
from regulars.kit.outside import MailServer, Provider, read_mail_server, read_providers
from regulars.kit.postgres import Cluster
from regulars.kit.sandbox import is_sandbox

DATABASE = "regulars"
OWNER, APPLICATION, READ_ONLY = "regulars_owner", "regulars_app", "regulars_readonly"
_SHORTEST_KEY = 32
_LEVELS = ("debug", "info", "warning", "error")
_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What an installation made up for itself; kept in its home, readable by its owner only."""

    secret_key: str
    superuser: str
    owner: str
    application: str
    read_only: str


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The settings of this installation. `docs/settings.md` describes each."""

    home: Path
    lake: Path
    database_url: str | None
    database_owner_url: str | None
    database_readonly_url: str | None
    own_secret_key: str | None
    url: str
    hosts: tuple[str, ...]
    log_level: str
    log_format: str
    web_processes: int
    api_calls_per_minute: int
    api_lock_seconds: int
    metrics_token: str | None
    traces_to: str | None
    proxies: int
    session_idle_minutes: int
    session_days: int
    mail_server: MailServer | None
    providers: tuple[Provider, ...]
    # Where the seals of the ledger are anchored outside the database; None where they are not.
    ledger_anchor: Path | None
    # Whether it is a copy with a clock of its own, from which nothing is sent out.
    is_sandbox: bool = False

    @cached_property
    def secrets(self) -> Secrets:
        """The secrets kept in the home, made on first use."""
        return _read_secrets(self.home / "secrets.json")

    @property
    def secret_key(self) -> str:
        """The key that signs sessions and links."""
        return self.own_secret_key or self.secrets.secret_key

    @property
    def cluster(self) -> Cluster | None:
        """The embedded PostgreSQL, or None where a server is named."""
        return None if self.database_url else Cluster(self.home)

    @cached_property
    def urls(self) -> Mapping[str, str]:
        """The addresses of the database, by Django's alias: `default` (the application), `owner`, `readonly`."""
        if self.database_url:
            return {
                "default": self.database_url,
                "owner": self.database_owner_url or self.database_url,
                "readonly": self.database_readonly_url or self.database_url,
            }
        cluster, kept = Cluster(self.home), self.secrets
        return {
            "default": cluster.url(APPLICATION, kept.application, DATABASE),
            "owner": cluster.url(OWNER, kept.owner, DATABASE),
            "readonly": cluster.url(READ_ONLY, kept.read_only, DATABASE),
        }


def read_installation(environment: Mapping[str, str]) -> Installation:
    """Return the installation that the environment describes.

    Raises
    ------
    WrongSetting
        A value cannot be meant; the sentence says which, and what would be right.
    """
    url, host = _address(environment)
    home = Path(environment.get("REGULARS_HOME", "var")).absolute()
    if sandbox := is_sandbox(home):
        environment = _kept_to_itself(environment)
    more = [name.strip() for name in environment.get("REGULARS_HOSTS", "").split(",") if name.strip()]
    return Installation(
        home=home,
        lake=Path(environment.get("REGULARS_LAKE") or home / "lake").absolute(),
        database_url=_database(environment, "DATABASE_URL"),
        database_owner_url=_database(environment, "DATABASE_OWNER_URL"),
        database_readonly_url=_database(environment, "DATABASE_READONLY_URL"),
        own_secret_key=_secret(environment, "REGULARS_SECRET_KEY"),
        url=url,
        hosts=tuple(dict.fromkeys([host, "127.0.0.1", "localhost", "[::1]", *more])),
        log_level=_one_of(environment, "REGULARS_LOG_LEVEL", _LEVELS, "info"),
        log_format=_one_of(environment, "REGULARS_LOG_FORMAT", _FORMATS, "text"),
        web_processes=_whole_number(environment, "REGULARS_WEB_PROCESSES", 2, most=64),
        api_calls_per_minute=_whole_number(environment, "REGULARS_API_CALLS_PER_MINUTE", 6_000, most=10_000_000),
        api_lock_seconds=_whole_number(environment, "REGULARS_API_LOCK_SECONDS", 10, most=600),
        metrics_token=_secret(environment, "REGULARS_METRICS_TOKEN"),
        traces_to=environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
        proxies=_whole_number(environment, "REGULARS_PROXIES", 0, least=0, most=9),
        session_idle_minutes=_whole_number(environment, "REGULARS_SESSION_IDLE_MINUTES", 720, most=60 * 24 * 90),
        session_days=_whole_number(environment, "REGULARS_SESSION_DAYS", 14, most=90),
        mail_server=read_mail_server(environment),
        providers=read_providers(environment),
        ledger_anchor=Path(anchor).absolute() if (anchor := environment.get("REGULARS_LEDGER_ANCHOR")) else None,
        is_sandbox=sandbox,
    )


def _kept_to_itself(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return what a sandbox may know of its environment: nothing by which it would write or send elsewhere."""
    if environment.get("DATABASE_URL"):
        raise WrongSetting(
            gettext("REGULARS_HOME is a sandbox, which has its own database; unset DATABASE_URL to work in it.")
        )
    # Mails, traces, the lake and the anchor of the ledger are those of the installation that was copied.
    elsewhere = ("REGULARS_LAKE", "REGULARS_LEDGER_ANCHOR", "REGULARS_SMTP_URL", "REGULARS_MAIL_FROM", "OTEL_")
    return {name: value for name, value in environment.items() if not name.startswith(elsewhere)}


def _address(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the address that people type, and the host in it."""
    url = environment.get("REGULARS_URL", "http://localhost:8000").rstrip("/")
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise WrongSetting(
            gettext(
                "REGULARS_URL is {value}, but must be the address that people type, as https://regulars.example."
            ).format(value=url)
        )
    return url, parts.hostname


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address, or None where it is none."""
    try:
        parts = urlsplit(url)
        # Asking is what reads the port.
        _ = parts.port
    except ValueError:
        return None
    return parts


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    value = environment.get(name) or None
    if value is not None and len(value) < _SHORTEST_KEY:
        raise WrongSetting(
            gettext("{name} has {count} characters, but needs {least} or more; openssl rand -hex 32 makes one.").format(
                name=name, count=len(value), least=_SHORTEST_KEY
            )
        )
    return value


def unreadable_address(name: str) -> WrongSetting:
    """Return the error for a database's address that cannot be read; it does not quote it, for the password's sake."""
    return WrongSetting(
        gettext("{name} cannot be read; in its password, write / @ : ? # % as %2F %40 %3A %3F %23 %25.").format(
            name=name
        )
    )


def _database(environment: Mapping[str, str], name: str) -> str | None:
    value = environment.get(name) or None
    if value is not None and value.partition("://")[0] not in {"postgresql", "postgres"}:
        raise WrongSetting(
            gettext("{name} must begin with postgresql://; Regulars runs on no other database.").format(name=name)
        )
    if value is not None and name != "DATABASE_URL" and not environment.get("DATABASE_URL"):
        raise WrongSetting(
            gettext("{name} is set, but DATABASE_URL is not; set both, or neither for the embedded PostgreSQL.").format(
                name=name
            )
        )
    # libpq lists several hosts with commas, which no other reader of addresses knows: it reads the rest itself.
    if value is not None and "," not in value and _split(value) is None:
        raise unreadable_address(name)
    return value


def _one_of(environment: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    value = environment.get(name, default).lower()
    if value not in choices:
        raise WrongSetting(
            gettext("{name} is {value}, but must be one of {choices}.").format(
                name=name, value=value, choices=", ".join(choices)
            )
        )
    return value


def _whole_number(environment: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise WrongSetting(
            gettext("{name} is {value}, but must be a number from {least} to {most}.").format(
                name=name, value=text, least=least, most=most
            )
        )
    return int(text)


def _read_secrets(path: Path) -> Secrets:
    """Read the file of secrets; make it where it does not stand. Two that make it at once end with the same one."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_secrets(path, Secrets(**{name: secrets.token_hex(32) for name in Secrets.__dataclass_fields__}))
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise WrongSetting(
            gettext("{path} cannot be read or written ({reason}); REGULARS_HOME must be a folder of your own.").format(
                path=path, reason=error.strerror
            )
        ) from None
    try:
        return Secrets(**json.loads(text))
    except (ValueError, TypeError):
        raise WrongSetting(
            gettext("{path} does not hold what Regulars wrote there; bring it back from a backup.").format(path=path)
        ) from None


def write_secrets(path: Path, kept: Secrets, *, replace: bool = False) -> None:
    """Write the file of secrets, whole or not at all; leave one that stands unless told to `replace` it."""
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    draft.touch(mode=0o600)
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(kept), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
