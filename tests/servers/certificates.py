"""A certificate authority of the test run's own, and certificates signed by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """Files in PEM: the authority to trust, a server's chain and key, and a stranger's authority."""

    authority: Path
    chain: Path
    key: Path
    stranger: Path


def make_certificates(directory: Path, *names: str) -> Certificates:
    """Write an authority, a certificate for `names` (default: localhost and 127.0.0.1) and an unrelated authority."""
    authority = trustme.CA()
    server = authority.issue_cert(*(names or ("localhost", "127.0.0.1")))
    made = Certificates(*(directory / name for name in ("ca.pem", "chain.pem", "key.pem", "stranger.pem")))
    authority.cert_pem.write_to_path(str(made.authority))
    made.chain.write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
    server.private_key_pem.write_to_path(str(made.key))
    trustme.CA().cert_pem.write_to_path(str(made.stranger))
    return made
