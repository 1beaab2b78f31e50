"""What other tools keep keys in, made after their formats and not with their code or ours."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from fake_keys import Key
from home import Home

FILE_PASSPHRASE = "walnut gazebo trombone"
# Names that aws-vault gives to what it keeps beside keys: sessions of now and of earlier versions, and a token.
TEMPORARY = [
    "sts.GetSessionToken,ZGV2,,1893456000",
    "session,ZGV2,YXJuOmF3czppYW06OjEyMzQ1Njc4OTAxMjptZmEvZGV2,1893456000",
    "dev session (1893456000)",
    "oidc:https://example.awsapps.com/start",
]


def item(profile: str, key: Key, **credentials: Any) -> bytes:
    """An item of the Go library "keyring", with credentials as the AWS SDK for Go writes them."""
    data = {
        "AccessKeyID": key.id,
        "SecretAccessKey": key.secret,
        "SessionToken": "",
        "Source": "",
        "CanExpire": False,
        "Expires": "0001-01-01T00:00:00Z",
        "AccountID": "",
    } | credentials
    return item_of(profile, json.dumps(data, separators=(",", ":")).encode())


def item_of(profile: str, data: bytes) -> bytes:
    """An item with any data."""
    members = {
        "Key": profile,
        "Data": base64.b64encode(data).decode(),
        "Label": f"aws-vault ({profile})",
        "Description": "",
        "KeychainNotTrustApplication": True,
        "KeychainNotSynchronizable": False,
    }
    return json.dumps(members, separators=(",", ":")).encode()


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sealed(plain: bytes, passphrase: str = FILE_PASSPHRASE, iterations: int = 8192, **header: Any) -> str:
    """Seals bytes as RFC 7516 and RFC 7518 say it: JWE, PBES2-HS256+A128KW and A256GCM, compact.

    What `header` names takes the place of what is true.
    """
    salt_input, content_key, nonce = os.urandom(12), os.urandom(32), os.urandom(12)
    algorithm = "PBES2-HS256+A128KW"
    salt = algorithm.encode() + b"\0" + salt_input
    wrapping_key = PBKDF2HMAC(SHA256(), 16, salt, iterations).derive(passphrase.encode())
    members = {
        "alg": algorithm,
        "created": "2026-11-29 10:00:00.123456789 +0000 UTC m=+0.012345678",
        "enc": "A256GCM",
        "p2c": iterations,
        "p2s": _url(salt_input),
    } | header
    head = _url(json.dumps(members, separators=(",", ":")).encode())
    both = AESGCM(content_key).encrypt(nonce, plain, head.encode())
    wrapped = aes_key_wrap(wrapping_key, content_key)
    return ".".join([head, _url(wrapped), _url(nonce), _url(both[:-16]), _url(both[-16:])])


def file_store(folder: Path, keys: dict[str, Key], passphrase: str = FILE_PASSPHRASE) -> Path:
    """A folder of the file backend."""
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    for profile, key in keys.items():
        write_item(folder, profile, item(profile, key), passphrase)
    return folder


def write_item(folder: Path, name: str, plain: bytes, passphrase: str = FILE_PASSPHRASE, **how: Any) -> Path:
    """One file of it; the library percent-encodes what a file's name can't have."""
    file = folder / name.replace("%", "%25").replace("/", "%2F")
    file.write_text(sealed(plain, passphrase, **how))
    file.chmod(0o600)
    return file


def password_store(home: Home, entries: dict[str, bytes]) -> None:
    """A store of the real `pass`, for a key of GnuPG without passphrase that is made for it."""

    def run(*argv: str, stdin: bytes = b"") -> None:
        done = subprocess.run(argv, env=home.env, input=stdin, capture_output=True, timeout=60)
        assert done.returncode == 0, done

    (home.path / "gnupg").mkdir(mode=0o700)
    run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "vault@example.com", "rsa2048", "encrypt")
    run("pass", "init", "vault@example.com")
    for name, content in entries.items():
        run("pass", "insert", "-m", "-f", name, stdin=content)
