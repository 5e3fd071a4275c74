"""Passwords: argon2id in a thread (OWASP Password Storage: 19 MiB, t=2, p=1; 25 ms), at most two at
a time."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accounts.people.common_passwords import is_common, is_own, words_of_host
from helpers.text.characters import composed, is_unicode
from helpers.text.translation import Text

MIN_LENGTH = 8
MAX_LENGTH = 128

_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
NO_PASSWORD = "!"  # noqa: S105 - nothing hashes to it
"""The hash of who has no password yet: nobody signs in with it. A link for a new one ends that."""

_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")

NOBODYS_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$70LWy1jdz1k9Q9YqD+jzjQ$AkumtuL0AOEvA4zXQGHOqhFvEgU7kPPFljgtNfaNCrg"
)
"""Verified for unknown people, so that it takes the same time as for existing ones and the timing
reveals no accounts. It is made already: each command would wait for it."""


def opaque(password: str) -> str:
    """Returns the password as it is compared, the same for every keyboard: RFC 8265, OpaqueString.
    What can't be one comes back as it is."""
    found = composed(password, MAX_LENGTH)
    return password if found is None else _SPACES.sub(" ", found)


def password_problem(password: str, *own: str, host: str = "") -> Text | None:
    """Returns why the password isn't accepted, as a sentence, or None. `own` are the person's names
    and address, `host` is the site's. See NIST SP 800-63B-4, 3.1.1.2."""
    password = opaque(password)
    if len(password) < MIN_LENGTH:
        return Text("At least {least} characters, please.", least=MIN_LENGTH)
    if not is_unicode(password):
        return Text("Letters in UTF-8, please.")
    if len(password) > MAX_LENGTH:
        return Text("At most {most} characters, please.", most=MAX_LENGTH)
    if is_own(password, (*own, *words_of_host(host))):
        return Text("The password can't be made of your name, your address or the name of this place.")
    if is_common(password):
        return Text("This is one of the first passwords that anyone would try.")
    return None


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, opaque(password))


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Is the password correct? With None or NO_PASSWORD as hash it takes the same time and returns False."""
    if password_hash == NO_PASSWORD:
        password_hash = None

    def check(given: str) -> bool:
        try:
            return _hasher.verify(password_hash or NOBODYS_HASH, given) and password_hash is not None
        except (VerificationError, InvalidHashError, UnicodeError):
            return False

    def check_forms() -> bool:
        # Earlier versions hashed what was typed.
        forms = dict.fromkeys((opaque(password), password))
        return any([check(given) for given in forms])

    return await asyncio.get_running_loop().run_in_executor(_threads, check_forms)
