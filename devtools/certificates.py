"""Certificates for tests of TLS, made by openssl: an authority, the broker's, and a client's whose key has a password."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

KEY_PASSWORD = "a-key's-password"
_DAYS = "2"
# Made in milliseconds, where RSA's take the most of a second each.
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificates(NamedTuple):
    """PEM files. `server`: key and certificate in one, as Kafka takes them; `client_key` is locked by KEY_PASSWORD."""

    authority: Path
    server: Path
    client: Path
    client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """In a folder that is there. Raises CalledProcessError where openssl fails."""
    authority, authority_key = folder / "authority.pem", folder / "authority.key"
    _openssl("req", "-x509", *_NEW_KEY, "-days", _DAYS, "-subj", "/CN=test authority",
             "-keyout", authority_key, "-out", authority)  # fmt: skip
    server_key, server = _signed(folder, "server", "subjectAltName=IP:127.0.0.1,DNS:localhost", authority, authority_key)
    both = folder / "server-both.pem"
    both.write_text(server_key.read_text() + server.read_text())
    open_key, client = _signed(folder, "client", "extendedKeyUsage=clientAuth", authority, authority_key)
    client_key = folder / "client-locked.key"
    _openssl("pkcs8", "-topk8", "-in", open_key, "-out", client_key, "-passout", f"pass:{KEY_PASSWORD}")
    return Certificates(authority, both, client, client_key)


def _signed(folder: Path, name: str, extension: str, authority: Path, authority_key: Path) -> tuple[Path, Path]:
    key, request, certificate, extensions = (folder / f"{name}.{ending}" for ending in ("key", "csr", "pem", "ext"))
    extensions.write_text(extension + "\n")
    _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    _openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority_key, "-CAcreateserial", "-days", _DAYS,
             "-extfile", extensions, "-out", certificate)  # fmt: skip
    return key, certificate


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
