"""What an installation is told by its environment, and what it keeps in its home: read once, checked, typed."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.postgres import Cluster

DATABASE = "regulars"
OWNER, APPLICATION, READ_ONLY = "regulars_owner", "regulars_app", "regulars_readonly"
_SHORTEST_KEY = 32
_LEVELS = ("debug", "info", "warning", "error")
_FORMATS = ("text", "json")


class WrongSetting(DomainError):
    """A setting of the environment cannot be meant."""

    code = "wrong_setting"


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
    database_url: str | None
    database_owner_url: str | None
    database_readonly_url: str | None
    own_secret_key: str | None
    url: str
    hosts: tuple[str, ...]
    log_level: str
    log_format: str
    web_processes: int

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
    url = environment.get("REGULARS_URL", "http://127.0.0.1:8000").rstrip("/")
    host = urlsplit(url).hostname
    if urlsplit(url).scheme not in {"http", "https"} or not host:
        raise WrongSetting(
            gettext(
                "REGULARS_URL is {value}, but must be the address that people type, as https://regulars.example."
            ).format(value=url)
        )
    key = environment.get("REGULARS_SECRET_KEY")
    if key is not None and len(key) < _SHORTEST_KEY:
        raise WrongSetting(
            gettext(
                "REGULARS_SECRET_KEY has {count} characters, but needs {least} or more; openssl rand -hex 32 makes one."
            ).format(count=len(key), least=_SHORTEST_KEY)
        )
    more = [name.strip() for name in environment.get("REGULARS_HOSTS", "").split(",") if name.strip()]
    return Installation(
        home=Path(environment.get("REGULARS_HOME", "var")).absolute(),
        database_url=_database(environment, "DATABASE_URL"),
        database_owner_url=_database(environment, "DATABASE_OWNER_URL"),
        database_readonly_url=_database(environment, "DATABASE_READONLY_URL"),
        own_secret_key=key,
        url=url,
        hosts=tuple(dict.fromkeys([host, "127.0.0.1", "localhost", "[::1]", *more])),
        log_level=_one_of(environment, "REGULARS_LOG_LEVEL", _LEVELS, "info"),
        log_format=_one_of(environment, "REGULARS_LOG_FORMAT", _FORMATS, "text"),
        web_processes=_whole_number(environment, "REGULARS_WEB_PROCESSES", 2, most=64),
    )


def _database(environment: Mapping[str, str], name: str) -> str | None:
    value = environment.get(name) or None
    if value is not None and urlsplit(value).scheme not in {"postgresql", "postgres"}:
        raise WrongSetting(
            gettext("{name} must begin with postgresql://; Regulars runs on no other database.").format(name=name)
        )
    if value is not None and name != "DATABASE_URL" and not environment.get("DATABASE_URL"):
        raise WrongSetting(
            gettext("{name} is set, but DATABASE_URL is not; set both, or neither for the embedded PostgreSQL.").format(
                name=name
            )
        )
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


def _whole_number(environment: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise WrongSetting(
            gettext("{name} is {value}, but must be a number from 1 to {most}.").format(
                name=name, value=text, most=most
            )
        )
    return int(text)


def _read_secrets(path: Path) -> Secrets:
    """Read the file of secrets; make it where it does not stand. Two that make it at once end with the same one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {name: secrets.token_hex(32) for name in Secrets.__dataclass_fields__}
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(made, indent=2), encoding="utf-8")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return Secrets(**json.loads(path.read_text(encoding="utf-8")))
