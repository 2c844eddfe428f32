"""A private Dovecot: plain and STARTTLS on one port, TLS on another, Maildir, one user; runs as root or not."""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from imapclient import IMAPClient

from tests.servers import free_port, program, wait_for_port, wait_until
from tests.servers.certificates import Certificates, make_certificates

USER = "foi@council.example"
PASSWORD = "correct horse battery"

CONFIG = """
base_dir = {run}
state_dir = {run}
instance_name = {instance}
log_path = {log}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{chain}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_worker_max_count = 2
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {internal}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:%h/Maildir
mailbox_list_index = no
{capability}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/home/%u
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  chroot =
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
  client_limit = 1000
}}
protocol imap {{
  mail_max_userip_connections = 200
}}
"""


@dataclass
class Dovecot:
    """A running server. `append`, `messages` and `wipe` are its back door: a second connection of their own."""

    root: Path
    certificates: Certificates
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    user: str = USER
    capability: str = ""
    host: str = "127.0.0.1"

    def password(self) -> str:
        return PASSWORD

    @property
    def ca_file(self) -> Path:
        return self.certificates.authority

    @property
    def _config(self) -> Path:
        return self.root / "dovecot.conf"

    @property
    def _pid_file(self) -> Path:
        return self.root / "run" / "master.pid"

    def write_config(self) -> None:
        root_user = os.getuid() == 0
        owner = pwd.getpwnam("nobody") if root_user else pwd.getpwuid(os.getuid())  # Dovecot refuses mail of UID 0
        uid, gid = owner.pw_uid, owner.pw_gid
        self._make_home(uid, gid)
        self._config.write_text(
            CONFIG.format(
                root=self.root,
                run=self.root / "run",
                log=self.root / "dovecot.log",
                instance=self.root.name,
                chain=self.certificates.chain,
                key=self.certificates.key,
                internal="dovecot" if root_user else getpass.getuser(),
                group="dovecot" if root_user else grp.getgrgid(gid).gr_name,
                uid=uid,
                gid=gid,
                port=self.port,
                tls_port=self.tls_port,
                capability=f"imap_capability = {self.capability}" if self.capability else "",
            )
        )
        (self.root / "users").write_text(f"{self.user}:{{PLAIN}}{PASSWORD}::::::\n")

    def _make_home(self, uid: int, gid: int) -> None:
        home = self.root / "home"
        home.mkdir(exist_ok=True)
        if os.getuid() == 0:
            os.chown(home, uid, gid)

    def start(self) -> None:
        # Never a pipe: the daemon it forks keeps it open, and waiting for its end would wait for the daemon's.
        with (self.root / "start.log").open("wb") as output:
            started = subprocess.run(
                [program("dovecot"), "-c", str(self._config)], stdout=output, stderr=output, check=False, cwd=self.root
            )
        assert started.returncode == 0, (self.root / "start.log").read_text()
        wait_for_port(self.port, self.root / "dovecot.log")
        wait_for_port(self.tls_port, self.root / "dovecot.log")

    def stop(self) -> None:
        """End it, its open sessions included: left alone, they would outlive it."""
        if not self._pid_file.exists():
            return
        master = int(self._pid_file.read_text())
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        os.kill(master, signal.SIGTERM)
        wait_until(lambda: not self._pid_file.exists(), "Dovecot to stop")
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextlib.contextmanager
    def client(self) -> Iterator[IMAPClient]:
        with IMAPClient(self.host, port=self.port, ssl=False, timeout=20) as client:
            client._imap.debug = 0
            client.login(self.user, PASSWORD)
            yield client

    def append(
        self, raw: bytes, folder: str = "INBOX", *, received: datetime | None = None, seen: bool = False
    ) -> None:
        """Deliver one mail; `received` becomes its INTERNALDATE."""
        with self.client() as client:
            name = folder.replace("/", ".")
            if not client.folder_exists(name):
                client.create_folder(name)
            client.append(name, raw, flags=[b"\\Seen"] if seen else [], msg_time=received or datetime.now(UTC))

    def append_many(self, raws: list[bytes], folder: str = "INBOX") -> None:
        with self.client() as client:
            for raw in raws:
                client.append(folder.replace("/", "."), raw, msg_time=datetime.now(UTC))

    def messages(self, folder: str = "INBOX") -> list[bytes]:
        """Return the raw mails of a folder by UID; an absent folder has none."""
        return [raw for raw, _ in self._contents(folder)]

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        """Return each mail's flags, by UID, without \\Recent."""
        return [flags for _, flags in self._contents(folder)]

    def uids(self, folder: str = "INBOX") -> list[int]:
        with self.client() as client:
            client.select_folder(folder.replace("/", "."), readonly=True)
            return sorted(client.search("ALL"))

    def subscribed(self) -> set[str]:
        with self.client() as client:
            return {name.replace(".", "/") for _, _, name in client.list_sub_folders()}

    def remove(self, uid: int, folder: str = "INBOX") -> None:
        """Expunge one mail, as a person beside us would."""
        with self.client() as client:
            client.select_folder(folder.replace("/", "."))
            client.delete_messages([uid])
            client.expunge()

    def wipe(self) -> None:
        """Empty the whole mailbox: every folder and mail gone, a new UIDVALIDITY."""
        with self.client() as client:
            for _, _, name in client.list_folders():
                client.unsubscribe_folder(name)
        shutil.rmtree(self.root / "home" / self.user, ignore_errors=True)

    def _contents(self, folder: str) -> list[tuple[bytes, set[str]]]:
        with self.client() as client:
            name = folder.replace("/", ".")
            if not client.folder_exists(name):
                return []
            client.select_folder(name, readonly=True)
            uids = sorted(client.search("ALL"))
            answer = client.fetch(uids, ["BODY.PEEK[]", "FLAGS"]) if uids else {}
            return [
                (answer[uid][b"BODY[]"], {flag.decode() for flag in answer[uid][b"FLAGS"]} - {"\\Recent"})
                for uid in uids
            ]


@contextlib.contextmanager
def running_dovecot(*, capability: str = "") -> Iterator[Dovecot]:
    """Start a private Dovecot and stop it at the end. A short path: socket names have 107 characters at most."""
    root = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
    root.chmod(0o755)
    server = Dovecot(root=root, certificates=make_certificates(root), capability=capability)
    try:
        server.write_config()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
