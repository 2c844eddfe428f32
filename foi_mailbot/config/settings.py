"""The settings' tables and keys, typed and frozen, with their defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from foi_mailbot.core.contacts import STALE_AFTER_DAYS
from foi_mailbot.core.reference import ReferencePattern, compile_pattern
from foi_mailbot.errors import Fatal

SECRET_KEYS = ("credential", "password_file", "password_env")
_ADDRESS = re.compile(r"[^\s@<>\",;]+@[^\s@<>\",;]+")


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a password is kept; it is read only when it is needed and never shown."""

    key: str  # one of SECRET_KEYS, "" for no password
    name: str
    base: Path = field(repr=False)
    environ: Mapping[str, str] = field(repr=False, compare=False)

    def read(self) -> str:
        """Return the password, "" if none is set; raises Fatal if it is not where the settings say, or empty."""
        if not self.key:
            return ""
        path = self._path()
        try:
            found = self.environ.get(self.name, "") if path is None else path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Fatal(f"The password in {path} cannot be read: {error}") from error
        password = found.rstrip("\r\n")
        if not password:
            raise Fatal(f"The password is empty: {self.key} = {json.dumps(self.name)}.")
        return password

    def warning(self) -> str:
        """Return a sentence if others on this machine may read the password's file, else ""."""
        try:
            path = self._path()
            loose = self.key == "password_file" and path is not None and bool(path.stat().st_mode & 0o004)
        except (Fatal, OSError):
            return ""  # read() reports this
        return f"Anyone on this machine can read {path}. Run: chmod 600 {path}" if loose else ""

    def _path(self) -> Path | None:
        if self.key == "password_file":
            return self.base / self.name
        if self.key == "password_env":
            return None
        folder = self.environ.get("CREDENTIALS_DIRECTORY", "")
        if not folder:
            raise Fatal(f"The credential {self.name} is given by systemd, and systemd did not start this process.")
        return Path(folder) / self.name


def _one_line(value: str) -> str:
    if any(ord(character) < 32 for character in value):
        raise ValueError("must stand on one line")
    return value


def _email(value: str) -> str:
    if value and not _ADDRESS.fullmatch(value):
        raise ValueError("must be one e-mail address")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", value):
        raise ValueError("must be at most 40 lower-case letters, digits and hyphens")
    return value


def _code(value: str) -> str:
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9-]*", value):
        raise ValueError("must be a council's code in capitals, as in data/authorities.csv")
    return value


Line = Annotated[str, AfterValidator(_one_line)]
Filled = Annotated[Line, Field(min_length=1)]
Email = Annotated[str, AfterValidator(_email), Field(examples=["foi@example.org"])]


class Table(BaseModel):
    """One table of the file: frozen, every unknown key refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Tls(StrEnum):
    """How a connection is protected."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


class Regulator(Table):
    """The regulator a letter points to. Blank means: not known, so a person must fill it in."""

    name: Line = "Information Commissioner's Office"
    address: str = ""
    phone: Line = ""
    website: Line = ""

    @property
    def reachable(self) -> bool:
        """Whether a letter can name the regulator and a way to it."""
        return bool(self.name and (self.address or self.phone or self.website))


class Server(Table):
    """What IMAP and SMTP have in common; `port` is filled from `tls` when it is 0."""

    host: Filled = Field(examples=["mail.example.org"])
    tls: Tls = Tls.IMPLICIT
    port: int = Field(default=0, ge=0, le=65535, validate_default=True)
    user: Line = ""
    credential: Line = ""
    password_file: Line = ""
    password_env: Line = ""
    ca_file: Line = ""
    timeout_seconds: int = Field(default=30, ge=1, le=600)
    _base: Path = Path()
    _environ: Mapping[str, str] = {}

    def model_post_init(self, context: Any, /) -> None:  # noqa: ANN401 — pydantic's own signature
        """Keep where secrets are looked up: the file's folder and the environment."""
        if context is not None:
            self._base, self._environ = context

    @property
    def password(self) -> Secret:
        """Return where the password is kept."""
        key = next((key for key in SECRET_KEYS if getattr(self, key)), "")
        return Secret(key, getattr(self, key) if key else "", self._base, self._environ)

    @property
    def ca_path(self) -> Path | None:
        """Return the file of additional trusted certificates, None for the system's own."""
        return self._base / self.ca_file if self.ca_file else None


class Imap(Server):
    """The server mail is read from."""

    user: Filled = Field(examples=["foi@example.org"])

    @field_validator("port")
    @classmethod
    def _default_port(cls, port: int, info: ValidationInfo) -> int:
        return port or (993 if info.data.get("tls") is Tls.IMPLICIT else 143)


class Smtp(Server):
    """The server letters leave through; `user` is blank where the server asks for no login."""

    @field_validator("port")
    @classmethod
    def _default_port(cls, port: int, info: ValidationInfo) -> int:
        return port or {Tls.IMPLICIT: 465, Tls.STARTTLS: 587}.get(info.data.get("tls", Tls.NONE), 25)


class Sending(Table):
    """Who a letter is from."""

    from_address: Annotated[Email, Field(min_length=1)]
    from_name: Line = ""


class Letters(Table):
    """What the council's letters say of itself; blank parts are left out or stop the approval."""

    team: Line = "Freedom of Information team"
    signature: str = ""
    postal_address: str = ""
    review_how: str = ""
    review_email: Email = ""
    review_address: str = ""
    accessibility: str = ""
    privacy_url: Line = ""
    acknowledgement: bool = False

    @property
    def reviewable(self) -> bool:
        """Whether a letter can say how to ask for an internal review."""
        return bool(self.review_how or self.review_email or self.review_address)


class Reference(Table):
    """One named pattern of the council's references."""

    name: Filled = Field(examples=["FI"])
    pattern: Annotated[str, Field(min_length=1, examples=[r"\bFI ?\d{5}\b"])]

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            compile_pattern("", pattern)
        except ValueError as error:
            raise ValueError(str(error).removeprefix("reference pattern “” ")) from None
        return pattern


class Sequence(Table):
    """Where new references come from; `start` is the first number, `width` pads it with zeros."""

    prefix: Line = "FI"
    start: int = Field(ge=0, examples=[20000])
    width: int = Field(default=5, ge=1, le=12)


class Mailbox(Table):
    """One mailbox of one council."""

    name: Annotated[str, AfterValidator(_name), Field(examples=["dover"])]
    authority: Annotated[str, AfterValidator(_code), Field(examples=["DOV"])]
    addresses: tuple[Email, ...] = Field(default=(), examples=[("foi@example.org",)])
    folders: tuple[Filled, ...] = Field(default=("INBOX",), min_length=1)
    filed_folder: Line = "FOI-mailbot/Filed"
    mark_read: bool = False
    poll_seconds: int = Field(default=60, ge=1, le=86400)
    batch: int = Field(default=100, ge=1, le=1000)
    imap: Imap
    smtp: Smtp
    sending: Sending
    letters: Letters = Letters()
    references: tuple[Reference, ...] = Field(default=(), alias="reference")
    sequence: Sequence | None = None

    @property
    def own_addresses(self) -> frozenset[str]:
        """Return this mailbox's addresses and its sending address, lower-cased."""
        return frozenset(a.lower() for a in (*self.addresses, self.sending.from_address) if a)

    @property
    def reference_patterns(self) -> tuple[ReferencePattern, ...]:
        """Return the compiled patterns in the file's order."""
        return tuple(compile_pattern(r.name, r.pattern) for r in self.references)


class Settings(Table):
    """All settings."""

    state_dir: Path = Path("/var/lib/foi-mailbot")
    database: Line = ""
    rules_dirs: tuple[Path, ...] = (Path("/etc/foi-mailbot"),)
    contacts_stale_after_days: int = Field(default=STALE_AFTER_DAYS, ge=1, le=3650)
    log_file: Line = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    auto_send: bool = False
    auto_grant_days: int = Field(default=365, ge=1, le=366)
    auto_sample_percent: int = Field(default=10, ge=1, le=100)
    auto_sample_first: int = Field(default=5, ge=0, le=1000)
    rule_floor: float = Field(default=0.9, ge=0, le=1)
    rule_floor_after: int = Field(default=10, ge=1, le=1000)
    regulator: Regulator = Regulator()
    mailboxes: tuple[Mailbox, ...] = Field(alias="mailbox", min_length=1)

    @property
    def database_url(self) -> str:
        """Return the SQLAlchemy address of the database."""
        return self.database or f"sqlite:///{self.state_dir / 'foi_mailbot.sqlite'}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return sentences for the operator about settings that load, but are unsafe or stop letters."""
        servers = [server for mailbox in self.mailboxes for server in (mailbox.imap, mailbox.smtp)]
        found = [server.password.warning() for server in servers]
        if not self.regulator.reachable:
            found.append("No letter can be approved: give [regulator] address, phone or website.")
        found += [
            f"No letter of {mailbox.name} can be approved: give review_how, review_email or review_address "
            "in its [mailbox.letters]."
            for mailbox in self.mailboxes
            if not mailbox.letters.reviewable
        ]
        found += [
            f"No letter of {mailbox.name} can be approved: give team or signature in its [mailbox.letters]."
            for mailbox in self.mailboxes
            if not (mailbox.letters.team or mailbox.letters.signature)
        ]
        return tuple(dict.fromkeys(filter(None, found)))
