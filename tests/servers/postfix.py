"""A private Postfix with its own queue and configuration: takes every letter on loopback and keeps it in a Maildir."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import ServersMissing, free_port, program, wait_for_port, wait_until

MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.postfix.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = {root}/log/maillog
maillog_file_prefixes = {root}
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = static:all
virtual_mailbox_base = {root}/delivered
virtual_mailbox_maps = static:letters/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_transport = virtual
transport_maps =
smtpd_recipient_restrictions =
  check_recipient_access inline:{{ refused@postfix.test=REJECT }}, permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtputf8_enable = yes
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """A running server; `letters` are what it delivered, in order of arrival."""

    root: Path
    port: int = field(default_factory=free_port)
    host: str = "127.0.0.1"
    refused: str = "refused@postfix.test"

    @property
    def _new(self) -> Path:
        return self.root / "delivered" / "letters" / "new"

    def write_config(self) -> None:
        owner = pwd.getpwnam("nobody")
        for name in ("etc", "queue", "data", "log", "delivered"):
            (self.root / name).mkdir(exist_ok=True)
        os.chown(self.root / "data", pwd.getpwnam("postfix").pw_uid, -1)
        os.chown(self.root / "delivered", owner.pw_uid, owner.pw_gid)
        daemons = Path(program("smtpd")).parent
        main = MAIN.format(root=self.root, daemons=daemons, uid=owner.pw_uid, gid=owner.pw_gid)
        (self.root / "etc" / "main.cf").write_text(main)
        (self.root / "etc" / "master.cf").write_text(MASTER.format(port=self.port))

    def start(self) -> None:
        result = self._postfix("start")
        if result != 0:
            raise ServersMissing(f"Postfix did not start:\n{(self.root / 'start.log').read_text()}")
        wait_for_port(self.port, self.root / "log" / "maillog")

    def stop(self) -> None:
        self._postfix("stop")

    def letters(self) -> list[bytes]:
        """Return delivered letters as Postfix stored them: its own headers first, LF line ends."""
        found = sorted(self._new.glob("*"), key=lambda path: path.stat().st_mtime_ns) if self._new.exists() else []
        return [path.read_bytes() for path in found]

    def wait_for(self, count: int) -> list[bytes]:
        """Wait until that many letters are delivered, and return them."""
        wait_until(lambda: len(self.letters()) >= count, f"{count} letters", log=self.root / "log" / "maillog")
        return self.letters()

    def wipe(self) -> None:
        for path in self._new.glob("*"):
            path.unlink()

    def _postfix(self, command: str) -> int:
        with (self.root / "start.log").open("ab") as output:  # never a pipe: the daemon would keep it open
            return subprocess.run(
                [program("postfix"), "-c", str(self.root / "etc"), command], stdout=output, stderr=output, check=False
            ).returncode


@contextlib.contextmanager
def running_postfix() -> Iterator[Postfix]:
    """Start a private Postfix and stop it at the end; its master insists on root."""
    program("postfix")
    if os.getuid() != 0:
        raise ServersMissing("Postfix starts only as root: run these tests as root, in a container for instance")
    root = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
    root.chmod(0o755)
    server = Postfix(root=root)
    try:
        server.write_config()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
