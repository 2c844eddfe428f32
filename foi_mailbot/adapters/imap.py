"""A mailbox on an IMAP server: read by UID without marking anything, filed in one command, one thread a mailbox."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from foi_mailbot.adapters.probe import ProbeStep, reach
from foi_mailbot.adapters.tls import TlsMode, client_context, refuse_plain_text, tls_failure
from foi_mailbot.errors import Fatal, FoiMailbotError, LoginRefused, Transient
from foi_mailbot.ports import RawMail

UIDS_A_COMMAND = 500  # Dovecot refuses lines of some 10,000 UIDs; beyond 500 nothing gets faster
UIDS_A_SEARCH = 50_000  # imaplib breaks off at a SEARCH answer of 1,000,000 bytes
BATCH_BYTES = 8 * 1024 * 1024
GOODBYE_SECONDS = 5.0

# Answers that pass by themselves (RFC 5530 and what Dovecot and Exchange say when too busy).
_PASSING = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|TIMEOUT|CONTACTADMIN)\b|temporar|try again|too many", re.IGNORECASE
)


class ImapMailbox:
    """ports.Mailbox over one kept connection. Not thread-safe.

    A method that fails drops the connection; `open` makes a new one. Folder names are written with "/" whatever
    separator the server uses.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: TlsMode,
        user: str,
        password: Callable[[], str],
        ca_file: Path | None = None,
        timeout: float = 60,
        batch_bytes: int = BATCH_BYTES,
    ) -> None:
        """Keep the settings; nothing is contacted. `password` is called at each login, `timeout` is in seconds.

        Raises Fatal if tls is "none" and the host is not this machine.
        """
        refuse_plain_text(host, tls)
        self._host, self._port, self._tls, self._ca_file, self._timeout = host, port, tls, ca_file, timeout
        self._user, self._password = user, password
        self._batch_bytes = batch_bytes
        self._client: IMAPClient | None = None
        self._separator = "/"
        self._selected = ""
        self._uidnext = 1
        self._ready: set[str] = set()  # destinations known to exist on this connection

    def open(self, folder: str) -> int:
        """See ports.Mailbox. A kept connection that the server closed meanwhile is made anew once."""
        kept = self._client is not None
        try:
            return self._select(folder)
        except Transient:
            if not kept:
                raise
        return self._select(folder)

    def new_uids(self, after: int) -> list[int]:
        """See ports.Mailbox. Never looks at UNSEEN: people read the same folder."""
        with self._talking("looking for new mail") as client:
            start, found = after + 1, []
            while self._uidnext - start > UIDS_A_SEARCH:
                found += client.search(["UID", f"{start}:{start + UIDS_A_SEARCH - 1}"])
                start += UIDS_A_SEARCH
            found += client.search(["UID", f"{start}:*"])
        # "n:*" always includes the newest mail, even if its UID is below n (RFC 9051 section 6.4.8).
        return sorted({uid for uid in found if uid > after})

    def fetch(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """See ports.Mailbox. A portion is at most 500 UIDs and `batch_bytes`; a larger mail comes alone, whole."""
        for some in _batches(uids):
            with self._talking("looking how large the mail is") as client:
                answer = client.fetch(some, ["RFC822.SIZE"])
            sizes = {uid: int(answer[uid].get(b"RFC822.SIZE", 0)) for uid in some if uid in answer}
            for few in _by_bytes(sizes, self._batch_bytes):
                with self._talking("fetching mail") as client:
                    mails = _read(client.fetch(few, ["BODY.PEEK[]", "INTERNALDATE"]), few)
                if mails:
                    yield mails

    def file(self, uids: Sequence[int], destination: str, *, mark_read: bool) -> None:
        """See ports.Mailbox. May be repeated: what was filed before is simply gone from the folder."""
        if not uids or not (destination or mark_read):
            return
        with self._talking(f"filing mail into {destination or 'its own folder'}") as client:
            target = self._on_server(destination)
            # A move onto the folder itself would give every mail a new UID, and so make it new for ever.
            stays = not target or target == self._selected
            if not stays:
                self._make_ready(client, target)
            for some in _batches(uids):
                if mark_read:
                    client.add_flags(some, [SEEN], silent=True)
                if not stays:
                    _move(client, some, target)

    def close(self) -> None:
        """See ports.Mailbox."""
        client, self._client = self._client, None
        if client is not None:
            _say_goodbye(client)

    def _select(self, folder: str) -> int:
        if self._client is None:
            self._connect()
        with self._talking(f"opening folder {folder}") as client:
            name = self._on_server(folder)
            try:
                answer = client.select_folder(name)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as exc:
                if _PASSING.search(str(exc)):
                    raise
                raise Fatal(f"{self._host} has no folder {folder} for {self._user}: {_words(exc)}.") from exc
            if b"UIDVALIDITY" not in answer:
                raise Fatal(
                    f"{self._host} keeps no lasting numbers (UIDVALIDITY) in {folder}: it cannot be read safely."
                )
            self._selected, self._uidnext = name, int(answer.get(b"UIDNEXT", 1))
            return int(answer[b"UIDVALIDITY"])

    def _connect(self) -> None:
        try:
            client = _connected(self._host, self._port, self._tls, self._ca_file, self._timeout)
        except (IMAPClientError, OSError) as exc:
            raise _failure(exc, self._host, self._port, "connecting") from exc
        self._client = client
        with self._talking("logging in"):
            _login(client, self._host, self._user, self._password())
            self._separator = _separator(client)
        self._ready = set()

    def _on_server(self, folder: str) -> str:
        return _on_server(folder, self._separator)

    def _make_ready(self, client: IMAPClient, name: str) -> None:
        if name in self._ready:
            return
        if not client.folder_exists(name):
            client.create_folder(name)
            client.subscribe_folder(name)
        self._ready.add(name)

    @contextlib.contextmanager
    def _talking(self, doing: str) -> Iterator[IMAPClient]:
        if self._client is None:
            raise Transient(f"The connection to {self._host} is not open ({doing}).")
        try:
            yield self._client
        except (IMAPClientError, OSError) as exc:
            self._drop()
            raise _failure(exc, self._host, self._port, doing) from exc
        except BaseException:
            self._drop()  # half an answer may still be under way: what follows could be taken for another's
            raise

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, IMAPClientError):
                client.shutdown()


def probe(
    *,
    host: str,
    port: int,
    tls: TlsMode,
    user: str,
    password: Callable[[], str],
    ca_file: Path | None = None,
    timeout: float = 15,
    folders: Sequence[str] = ("INBOX",),
    destinations: Sequence[str] = (),
) -> list[ProbeStep]:
    """Try DNS, TCP, TLS, login, each folder that must exist and each that would be made; changes nothing there.

    Returns the steps up to the first failure (folders: all of them). Blocks; `timeout` is in seconds and for each step.
    """
    steps = reach(host, port, timeout)
    if not steps[-1].ok:
        return steps
    client, step = None, "TLS"
    try:
        refuse_plain_text(host, tls)
        client = _connected(host, port, tls, ca_file, timeout)
        words = (
            "Plain text: allowed, as this is the same machine." if tls == "none" else "The certificate was accepted."
        )
        steps.append(ProbeStep(step, ok=True, detail=words))
        step = "login"
        _login(client, host, user, password())
        steps.append(ProbeStep(step, ok=True, detail=f"{user} is logged in."))
        step = "folders"
        steps += _probe_folders(client, folders, destinations)
    except FoiMailbotError as exc:
        steps.append(ProbeStep(step, ok=False, detail=str(exc)))
    except (IMAPClientError, OSError) as exc:
        steps.append(ProbeStep(step, ok=False, detail=str(_failure(exc, host, port, step))))
    finally:
        if client is not None:
            _say_goodbye(client)
    return steps


def _probe_folders(client: IMAPClient, folders: Sequence[str], destinations: Sequence[str]) -> list[ProbeStep]:
    separator = _separator(client)
    steps = []
    for folder in folders:
        there = client.folder_exists(_on_server(folder, separator))
        words = f"{folder} is there." if there else f"There is no folder {folder}. Write one that exists."
        steps.append(ProbeStep(f"folder {folder}", ok=there, detail=words))
    for folder in destinations:
        there = client.folder_exists(_on_server(folder, separator))
        words = f"{folder} is there." if there else f"{folder} will be made when the first mail is filed."
        steps.append(ProbeStep(f"folder {folder}", ok=True, detail=words))
    return steps


def _connected(host: str, port: int, tls: TlsMode, ca_file: Path | None, timeout: float) -> IMAPClient:
    context = None if tls == "none" else client_context(ca_file)
    client = IMAPClient(host, port=port, ssl=tls == "implicit", ssl_context=context, timeout=timeout)
    try:
        client._imap.debug = 0  # imapclient sets 5: every literal would be repr()'d, 2.4 times slower
        client.normalise_times = False  # INTERNALDATE with its own zone, not this machine's local time
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # some commands go out in two sends
        if tls == "starttls":
            client.starttls(context)
    except BaseException:
        with contextlib.suppress(OSError, IMAPClientError):
            client.shutdown()
        raise
    return client


def _login(client: IMAPClient, host: str, user: str, password: str) -> None:
    try:
        if user.isascii() and password.isascii():
            client.login(user, password)
        else:
            client.plain_login(user, password)  # LOGIN carries ASCII only
    except LoginError as exc:
        lost = isinstance(exc.__context__, IMAPClientAbortError)
        if lost or _PASSING.search(str(exc)):
            raise Transient(f"{host} could not log {user} in just now: {_words(exc)}.") from exc
        raise LoginRefused(f"{host} refused the login of {user}: {_words(exc)}.") from exc


def _separator(client: IMAPClient) -> str:
    listed = client.list_folders("", "")
    separator = listed[0][1] if listed else None
    return separator.decode("ascii") if separator else "/"


def _on_server(folder: str, separator: str) -> str:
    return "INBOX" if folder.upper() == "INBOX" else folder.replace("/", separator)


def _batches(uids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(uids), UIDS_A_COMMAND):
        yield list(uids[start : start + UIDS_A_COMMAND])


def _by_bytes(sizes: Mapping[int, int], limit: int) -> Iterator[list[int]]:
    batch: list[int] = []
    total = 0
    for uid, size in sizes.items():
        if batch and total + size > limit:
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch


def _read(answer: Mapping[int, Mapping[bytes, Any]], uids: Sequence[int]) -> list[RawMail]:
    mails = []
    for uid in uids:
        data = answer.get(uid, {})
        if b"BODY[]" not in data:
            continue  # expunged by somebody else meanwhile
        received = data.get(b"INTERNALDATE")
        if not isinstance(received, datetime):
            raise Transient(f"The server gave no date of receipt for mail {uid}.")
        # NIL is a mail the server itself cannot read: empty, it still reaches a person.
        mails.append(RawMail(uid=uid, raw=data[b"BODY[]"] or b"", received=received.astimezone(UTC)))
    return mails


def _move(client: IMAPClient, uids: list[int], target: str) -> None:
    if client.has_capability("MOVE"):
        client.move(uids, target)
        return
    # Repeated after a crash, those already marked \Deleted were copied before.
    here = client.search(["UID", ",".join(map(str, uids)), "UNDELETED"])
    if here:
        client.copy(here, target)
        client.delete_messages(here, silent=True)
    if client.has_capability("UIDPLUS"):
        client.uid_expunge(uids)  # a plain EXPUNGE would also remove what people had marked


def _failure(exc: Exception, host: str, port: int, doing: str) -> FoiMailbotError:
    if isinstance(exc, ssl.SSLError) and (fatal := tls_failure(exc, host, port)):
        return fatal
    if isinstance(exc, CapabilityError):
        return Fatal(f"{host} lacks what is needed for {doing}: {_words(exc)}.")
    return Transient(f"{host} failed while {doing}: {_words(exc)}.")


def _words(exc: Exception) -> str:
    return re.sub(r"\bb'(.*)'", r"\1", str(exc) or type(exc).__name__).rstrip(". ")


def _say_goodbye(client: IMAPClient) -> None:
    try:
        client.socket().settimeout(GOODBYE_SECONDS)
        client.logout()
    except (OSError, IMAPClientError):
        with contextlib.suppress(OSError, IMAPClientError):
            client.shutdown()
