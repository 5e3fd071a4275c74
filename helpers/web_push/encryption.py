"""The encryption of messages to browsers: RFC 8291, in the coding `aes128gcm` of RFC 8188, one record."""

import base64
import binascii
import re
import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()

PUBLIC_BYTES = 65
"""A point of the curve, uncompressed."""

AUTH_BYTES = 16
SALT_BYTES = 16
TAG_BYTES = 16

RECORD = 4096
"""What every service takes (RFC 8030, 7.2), with the head of 86 bytes."""

PADDED = 1024
"""Lengths are rounded up to a multiple of it: a service sees not even how long a text is."""

_HEAD_BYTES = SALT_BYTES + 4 + 1 + PUBLIC_BYTES
_BASE64 = re.compile(r"[A-Za-z0-9_-]*")

MAX_PLAIN = RECORD - _HEAD_BYTES - TAG_BYTES - 1


def to_text(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """What to_text has made. Raises ValueError."""
    try:
        if _BASE64.fullmatch(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        pass
    raise ValueError("that is no base64 for addresses")


def public_key(data: bytes) -> ec.EllipticCurvePublicKey:
    """Raises ValueError for what is no point of the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, data)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    plain: bytes,
    browser_key: bytes,
    auth: bytes,
    *,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
    padded: int = PADDED,
) -> bytes:
    """The body for a browser with this public key and secret. `own` and `salt` are random but for test
    vectors. Raises ValueError for what is too long, and for a key that is none."""
    if len(plain) > MAX_PLAIN:
        raise ValueError(f"a message has at most {MAX_PLAIN} bytes, not {len(plain)}")
    own = own or ec.generate_private_key(CURVE)
    salt = salt or secrets.token_bytes(SALT_BYTES)
    own_point = point_of(own.public_key())
    shared = own.exchange(ec.ECDH(), public_key(browser_key))
    key, vector = record_keys(shared, auth, salt, browser_key, own_point)
    # 2 ends the last record's text; zeroes follow it.
    record = plain + b"\x02"
    length = min(-(-len(record) // padded) * padded, MAX_PLAIN + 1)
    sealed = AESGCM(key).encrypt(vector, record.ljust(length, b"\0"), None)
    return salt + RECORD.to_bytes(4) + bytes([PUBLIC_BYTES]) + own_point + sealed


def record_keys(
    shared: bytes, auth: bytes, salt: bytes, browser_point: bytes, server_point: bytes
) -> tuple[bytes, bytes]:
    """The key and the initialization vector of the only record (RFC 8291, 3.4)."""
    secret = _derive(auth, shared, b"WebPush: info\0" + browser_point + server_point, 32)
    return (
        _derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16),
        _derive(salt, secret, b"Content-Encoding: nonce\0", 12),
    )


def _derive(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
