"""By what a push service knows who sends: VAPID, RFC 8292. A token signed with the site's key says for
which service it is, and until when."""

import time

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from helpers.web_push.encryption import CURVE, from_text, point_of, to_text

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""

TOKEN_SECONDS = 12 * 3600
"""At most 24 hours, by a clock that may not be ours."""

USED_SECONDS = 6 * 3600
"""A signature takes as long as an encryption: the next messages for the same service have the same one."""

MAX_TOKENS = 100
"""Services whose token is remembered: there are five, and those that somebody makes up."""

_HEAD = to_text(b'{"typ":"JWT","alg":"ES256"}')


class VapidKey:
    """The site's key, from 32 random bytes. `contact` is whom a service may ask: https: or mailto:."""

    def __init__(self, seed: str, contact: str) -> None:
        number = int.from_bytes(from_text(seed)) % (ORDER - 1) + 1
        self._key = ec.derive_private_key(number, CURVE)
        self._contact = contact
        self._tokens: dict[str, tuple[float, str]] = {}
        self.public = to_text(point_of(self._key.public_key()))
        """As browsers want it where they subscribe (`applicationServerKey`)."""

    def authorization(self, audience: str, now: float | None = None) -> str:
        """The header for a service, of whose address `audience` is the origin."""
        now = time.time() if now is None else now
        made, token = self._tokens.get(audience, (0.0, ""))
        if not made <= now < made + USED_SECONDS:
            if len(self._tokens) >= MAX_TOKENS:
                self._tokens.clear()
            token = self._token(audience, int(now) + TOKEN_SECONDS)
            self._tokens[audience] = now, token
        return f"vapid t={token}, k={self.public}"

    def _token(self, audience: str, until: int) -> str:
        claims = msgspec.json.encode({"aud": audience, "exp": until, "sub": self._contact})
        text = f"{_HEAD}.{to_text(claims)}"
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(SHA256())))
        # JWS wants both numbers as they are, and not as DER (RFC 7518, 3.4).
        return f"{text}.{to_text(r.to_bytes(32) + s.to_bytes(32))}"
