"""A push service on this machine, with https, that does what a browser and its service do: it checks who
sends (RFC 8292) and decrypts what is sent (RFC 8291), by code of its own."""

import asyncio
import datetime
import hashlib
import hmac
import ipaddress
import json
import secrets
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from helpers.web_push.encryption import from_text, to_text
from tests.support.people import PATIENCE, JsonObject
from tests.support.sites.linked import PUBLIC

DAY = 86400


def expand(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-256 (RFC 5869) for one block."""
    extracted = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()[:length]


def decrypt(body: bytes, own: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """What a browser does with a message. Raises for what isn't for it."""
    salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
    sender, record = body[21 : 21 + length], body[21 + length :]
    assert length == 65
    assert len(body) <= 4096
    assert 18 <= len(record) <= size, "one record"
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
    secret = expand(auth, shared, b"WebPush: info\0" + point + sender, 32)
    key = expand(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = expand(salt, secret, b"Content-Encoding: nonce\0", 12)
    text = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
    assert text.endswith(b"\x02"), "it is the last record"
    return text[:-1]


def claims_of(header: str) -> tuple[JsonObject, str]:
    """What a VAPID header claims, and the key that has signed it. Raises where it isn't signed so."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = parts["t"].split(".")
    assert json.loads(from_text(head)) == {"typ": "JWT", "alg": "ES256"}
    numbers = from_text(signature)
    assert len(numbers) == 64
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_text(parts["k"]))
    der = encode_dss_signature(int.from_bytes(numbers[:32]), int.from_bytes(numbers[32:]))
    key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    return json.loads(from_text(claims)), parts["k"]


@dataclass
class Device:
    """A browser that has subscribed."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    messages: list[JsonObject] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    """What the next messages are answered: a response, or what makes one."""
    asked: int = 0

    @property
    def subscription(self) -> JsonObject:
        """As `PushSubscription.toJSON()` has it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": to_text(point), "auth": to_text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    async def comes(self, count: int = 1) -> JsonObject:
        """Waits for the message that is the `count`th."""
        async with asyncio.timeout(PATIENCE):
            while len(self.messages) < count:
                await asyncio.sleep(0.02)
        return self.messages[count - 1]

    async def is_asked(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.asked < count:
                await asyncio.sleep(0.02)


class PushService:
    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.port = 0
        self.key = ""
        """Of whom messages are taken; the first one who comes where it is empty."""
        self.complaints: list[str] = []
        self.go = asyncio.Event()
        self.certificate = Path()

    @property
    def origin(self) -> str:
        return f"https://{PUBLIC}:{self.port}"

    def device(self) -> Device:
        name = secrets.token_urlsafe(24)
        self.devices[name] = Device(f"{self.origin}/push/{name}")
        return self.devices[name]

    async def take(self, request: web.Request) -> web.StreamResponse:
        device = self.devices.get(request.match_info["name"])
        if device is None:
            return web.Response(status=410)
        device.asked += 1
        if device.answers:
            answer = device.answers.pop(0)
            return answer if isinstance(answer, web.StreamResponse) else await answer(request)
        body = await request.read()
        try:
            claims, key = claims_of(request.headers["Authorization"])
            self.key = self.key or key
            assert key == self.key, "another sender"
            assert claims["aud"] == self.origin
            assert time.time() < claims["exp"] <= time.time() + DAY
            assert claims["sub"].startswith(("mailto:", "https:"))
            assert request.headers["Content-Encoding"] == "aes128gcm"
            assert int(request.headers["TTL"]) >= 0
            device.messages.append(json.loads(decrypt(body, device.key, device.auth)))
            device.headers.append(dict(request.headers))
        except Exception as error:
            self.complaints.append(repr(error))
            return web.Response(status=400)
        return web.Response(status=201, headers={"Location": f"{self.origin}/message/1"})


def certificate(folder: Path) -> tuple[Path, Path]:
    """One for the address that plays a public one, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a push service")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(PUBLIC))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, SHA256())
    )
    paths = folder / "push.pem", folder / "push.key"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@asynccontextmanager
async def push_service(folder: Path) -> AsyncIterator[PushService]:
    """`folder` gets its certificate, which a program trusts by SSL_CERT_FILE."""
    found = PushService()
    found.certificate, key = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(found.certificate, key)
    app = web.Application(client_max_size=8192)
    app.router.add_post("/push/{name}", found.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, PUBLIC, 0, ssl_context=context)
    await site.start()
    server: Any = site._server
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        found.go.set()
        await runner.cleanup()
