"""Passwords: argon2id in a thread (OWASP Password Storage: 19 MiB, t=2, p=1; 25 ms), at most two at
a time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from helpers.text.characters import is_unicode
from helpers.text.translation import Text

MIN_LENGTH = 8
MAX_LENGTH = 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")

# Verified for unknown people, so that it takes the same time as for existing ones and the timing
# reveals no accounts.
_DUMMY_HASH = _hasher.hash("nobody has this password")

# The most common passwords of published lists that have at least MIN_LENGTH characters.
COMMON_PASSWORDS = frozenset(
    """
    12345678 123456789 1234567890 password password1 password12 password123 passw0rd p@ssw0rd
    qwertyui qwertyuiop qwerty123 qwerty1234 11111111 00000000 88888888 87654321 12341234 11223344
    123123123 987654321 1q2w3e4r 1q2w3e4r5t 1qaz2wsx qazwsxedc asdfghjk asdfghjkl zxcvbnm1 iloveyou
    iloveyou1 sunshine princess football baseball superman batman123 trustno1 starwars letmein1
    welcome1 welcome123 admin123 administrator changeme computer internet michelle jennifer whatever
    dragon123 monkey123 abcd1234 abc12345 a1b2c3d4 aa123456 test1234 testtest secret123 master123
    shadow123 aiochat1 aiochat123 chatchat
""".split()  # noqa: SIM905 - a wall of quotation marks reads worse
)


def password_problem(password: str, *own: str) -> Text | None:
    """Returns why the password isn't accepted, as a sentence, or None. `own` are the person's name
    and address."""
    if len(password) < MIN_LENGTH:
        return Text("At least {least} characters, please.", least=MIN_LENGTH)
    if not is_unicode(password):
        return Text("Letters in UTF-8, please.")
    if len(password) > MAX_LENGTH:
        return Text("At most {most} characters, please.", most=MAX_LENGTH)
    if password.lower() in COMMON_PASSWORDS or len(set(password)) == 1:
        return Text("This is one of the first passwords that anyone would try.")
    if password.lower() in {text.lower() for text in own if text}:
        return Text("The password can't be your name or your address.")
    return None


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Is the password correct? With None as hash it takes the same time and returns False."""

    def check() -> bool:
        try:
            return _hasher.verify(password_hash or _DUMMY_HASH, password) and password_hash is not None
        except (VerificationError, InvalidHashError, UnicodeError):
            return False

    return await asyncio.get_running_loop().run_in_executor(_threads, check)
