"""Settings become a running App: the only file that names concrete adapters and the clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from structlog.stdlib import BoundLogger

from foi_mailbot import __version__, config, log, resources
from foi_mailbot.adapters import attachments, bank_holidays
from foi_mailbot.adapters import rulebook as rulebook_files
from foi_mailbot.adapters.contacts_file import ContactsFile
from foi_mailbot.adapters.exclusive import exclusive
from foi_mailbot.adapters.imap import ImapMailbox
from foi_mailbot.adapters.pulse import Pulse
from foi_mailbot.adapters.smtp import SmtpSender
from foi_mailbot.adapters.sql import SqlStore
from foi_mailbot.adapters.templates import TemplateLetters
from foi_mailbot.config import Mailbox, Settings
from foi_mailbot.core.audit import Entry
from foi_mailbot.core.learning import Floor
from foi_mailbot.core.letter import LetterIdentity, Regulator
from foi_mailbot.core.message import Attachment, Extracted
from foi_mailbot.errors import Fatal
from foi_mailbot.ports import Clock, Store
from foi_mailbot.service.assess import Assessor, Council, SendingIdentity
from foi_mailbot.service.automatic import Automatic
from foi_mailbot.service.contacts import ContactBook
from foi_mailbot.service.dispatch import Dispatch
from foi_mailbot.service.grants import GrantDesk
from foi_mailbot.service.intake import Filing, Intake, ReferenceSequence
from foi_mailbot.service.journal import Journal
from foi_mailbot.service.learning import Learning
from foi_mailbot.service.review import Review

YEARS_BACK, YEARS_AHEAD = 12, 2  # a request may be this old when it is replayed; a due date never lies further ahead


@dataclass(frozen=True, slots=True)
class Desk:
    """One mailbox at work: its council, its folders, its intake."""

    council: Council
    folders: tuple[str, ...]
    poll_seconds: float
    intake: Intake
    sender: SmtpSender


@dataclass(slots=True)
class App:
    """Everything wired together."""

    settings: Settings
    store: Store
    journal: Journal
    desks: tuple[Desk, ...]
    dispatch: Dispatch
    review: Review
    contacts: ContactBook
    grants: GrantDesk
    learning: Learning
    log: BoundLogger
    rulebook_sha256: str
    pulse: Pulse
    stopping: Event

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Be the only daemon on this state directory. Raises Fatal if there is another."""
        with exclusive(self.settings.state_dir / "daemon.lock"):
            yield

    def stop(self) -> None:
        """Ask every step in hand to be the last one."""
        self.stopping.set()

    def started(self, mode: str) -> None:
        """Seal that the service started, by which rulebook, and whether letters may leave automatically."""
        with self.journal.step() as step:
            step.record(
                "service.started",
                mode=mode,
                version=__version__,
                rulebook_sha256=self.rulebook_sha256,
                auto_send=self.settings.auto_send,
            )
        self.learning.refresh()

    def stopped(self) -> None:
        """Seal that the service stopped."""
        with self.journal.step() as step:
            step.record("service.stopped")

    async def close(self) -> None:
        """Close every connection."""
        for desk in self.desks:
            desk.intake.mailbox.close()
            await desk.sender.close()
        self.store.close()


def now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


def build_assessor(overlays: tuple[Path, ...] = ()) -> Assessor:
    """Load rules, letters and calendar: the shipped ones, each overlaid by the operator's where there are any."""
    present = [directory for directory in overlays if directory.is_dir()]
    rules = rulebook_files.load([resources.config_dir(), *present])
    letters = TemplateLetters([resources.templates_dir(), *(d / "templates" for d in present)])
    year = now().year
    calendar = bank_holidays.load(range(year - YEARS_BACK, year + YEARS_AHEAD + 1))
    return Assessor(rules, calendar, letters.render, attachments.extract)


def build_asked_council(settings: Settings, assessor: Assessor, authority: str = "") -> Council:
    """Return the council of that code, as the settings describe it; without a code the first mailbox's.

    Of a council the settings do not describe only the name is known: nobody signs in another one's name. Raises Fatal
    if the rulebook does not know the code.
    """
    mailbox = next((m for m in settings.mailboxes if m.authority == authority), settings.mailboxes[0])
    council = build_council(mailbox, settings, assessor)
    if authority in {"", mailbox.authority}:
        return council
    named = LetterIdentity(authority_name=_authority_name(authority, assessor), team=mailbox.letters.team)
    return replace(council, authority=authority, identity=named)


def _authority_name(code: str, assessor: Assessor) -> str:
    known = assessor.rulebook.authorities.get(code)
    if known is None:
        raise Fatal(f"The rulebook knows no authority {code}. The codes stand in config/data/authorities.csv.")
    return known.name


def build_council(mailbox: Mailbox, settings: Settings, assessor: Assessor) -> Council:
    """Return a mailbox's council. Raises Fatal if the rulebook does not know the authority's code."""
    letters, regulator = mailbox.letters, settings.regulator
    identity = LetterIdentity(
        authority_name=_authority_name(mailbox.authority, assessor),
        team=letters.team,
        signature=letters.signature,
        email=mailbox.sending.from_address,
        postal_address=letters.postal_address,
        review_how=letters.review_how,
        review_email=letters.review_email,
        review_address=letters.review_address,
        accessibility=letters.accessibility,
        privacy_url=letters.privacy_url,
    )
    return Council(
        mailbox=mailbox.name,
        authority=mailbox.authority,
        patterns=mailbox.reference_patterns,
        own_addresses=mailbox.own_addresses,
        identity=identity,
        regulator=Regulator(regulator.name, regulator.address, regulator.phone, regulator.website),
        sending=SendingIdentity(mailbox.sending.from_address, mailbox.sending.from_name),
        acknowledge=letters.acknowledgement,
    )


def build(settings: Settings, *, service: bool = True) -> App:
    """Wire an App. Raises Fatal, in plain English, on whatever an operator has to mend first.

    Without a log file, only the service itself writes log lines (to stderr): a command's stderr is for its user.
    """
    _make_state_dir(settings.state_dir)
    log.configure(settings.log_level if service or settings.log_file else "error", settings.log_file)
    logger = log.get_logger()
    pulse, stopping = Pulse(), Event()
    assessor = _with_pulse(build_assessor(settings.rules_dirs), pulse)
    store = SqlStore(settings.database_url)
    journal = Journal(store, _clock(pulse), lambda entry: _announce(logger, entry))
    automatic = _automatic(settings, assessor)
    desks = tuple(_desk(mailbox, settings, assessor, journal, stopping, automatic) for mailbox in settings.mailboxes)
    floor = Floor(settings.rule_floor, settings.rule_floor_after)
    councils = {desk.council.mailbox: desk.council for desk in desks}
    return App(
        settings=settings,
        store=store,
        journal=journal,
        desks=desks,
        dispatch=Dispatch(journal, {desk.council.mailbox: desk.sender for desk in desks}, stopping.is_set, automatic),
        review=Review(journal, councils, assessor, floor, settings.contacts_stale_after_days),
        grants=GrantDesk(journal, councils, assessor.rulebook, settings.auto_grant_days, floor),
        learning=Learning(journal, assessor.rulebook, floor),
        contacts=ContactBook(
            journal,
            assessor.rulebook,
            ContactsFile(settings.rules_dirs),
            [mailbox.authority for mailbox in settings.mailboxes],
            settings.contacts_stale_after_days,
        ),
        log=logger,
        rulebook_sha256=assessor.rulebook.sha256,
        pulse=pulse,
        stopping=stopping,
    )


def _automatic(settings: Settings, assessor: Assessor) -> Automatic:
    percent, first = settings.auto_sample_percent, settings.auto_sample_first
    return Automatic(assessor.rulebook, settings.auto_send, percent, first, settings.contacts_stale_after_days)


def _clock(pulse: Pulse) -> Clock:
    """Return the clock of the journal: whoever seals an entry has got on."""

    def tell() -> datetime:
        pulse.beat()
        return now()

    return tell


def _with_pulse(assessor: Assessor, pulse: Pulse) -> Assessor:
    """Return the assessor with each attachment read a sign of life: a batch full of slow ones takes its time."""

    def extract(attachment: Attachment) -> Extracted:
        pulse.beat()
        return assessor.extract(attachment)

    return replace(assessor, extract=extract)


def _make_state_dir(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as fault:
        raise Fatal(f"The state_dir {path} cannot be made: {fault.strerror}. Make it, or name another.") from fault


def _desk(
    mailbox: Mailbox, settings: Settings, assessor: Assessor, journal: Journal, stopping: Event, automatic: Automatic
) -> Desk:
    council = build_council(mailbox, settings, assessor)
    sequence = mailbox.sequence
    intake = Intake(
        council=council,
        mailbox=imap_mailbox(mailbox),
        journal=journal,
        assessor=assessor,
        filing=Filing(mailbox.filed_folder, mailbox.mark_read),
        sequence=ReferenceSequence(sequence.prefix, sequence.start, sequence.width) if sequence else None,
        batch=mailbox.batch,
        stopping=stopping.is_set,
        automatic=automatic,
    )
    return Desk(council, mailbox.folders, mailbox.poll_seconds, intake, smtp_sender(mailbox))


def imap_mailbox(mailbox: Mailbox) -> ImapMailbox:
    """Return the way in; connects only when it is used."""
    imap = mailbox.imap
    return ImapMailbox(
        host=imap.host,
        port=imap.port,
        tls=imap.tls.value,
        user=imap.user,
        password=imap.password.read,
        ca_file=imap.ca_path,
        timeout=imap.timeout_seconds,
    )


def smtp_sender(mailbox: Mailbox) -> SmtpSender:
    """Return the way out; connects only when it is used."""
    smtp = mailbox.smtp
    return SmtpSender(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls.value,
        user=smtp.user,
        password=smtp.password.read if smtp.user else None,
        ca_file=smtp.ca_path,
        timeout=smtp.timeout_seconds,
    )


def _announce(logger: BoundLogger, entry: Entry) -> None:
    event = entry.event
    logger.info(
        event.name, seq=entry.seq, at=entry.at, case=event.case, actor=event.actor, hash=entry.hash, **event.details
    )


def load_settings(path: Path) -> Settings:
    """Read the settings file with this process's environment. Raises ConfigError with every problem."""
    return config.load(path, os.environ)
