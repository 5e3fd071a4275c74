"""Creates and changes accounts: registration, e-mail addresses, passwords, administrators."""

import secrets
from collections.abc import Awaitable, Callable, Sequence

import email_validator
import peewee
from peewee_async.databases import AioDatabase

from accounts.models import PasswordLink, SiteFact, User
from accounts.people.display_names import clean_display_name, is_reserved_display_name, store_words
from accounts.people.looks import display_look, look
from accounts.people.names import MAX_LENGTH, BadName, clean_name, is_reserved, name_key
from accounts.people.passwords import hash_password, password_problem
from accounts.people.site_roles import SiteRole
from helpers.clock import now_ms
from helpers.db.base import database_proxy
from helpers.text.characters import is_one_line
from helpers.text.folding import words_of
from helpers.text.translation import Text
from helpers.text.transliteration import address_words

# A local network may have its mail at .local, .test or home.arpa.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

FIRST_ACCOUNT = "first_account"
"""The fact about the site that only its first account could set."""


class BadAccount(Exception):
    """The account can't be created or changed like this. `errors` says why, by field."""

    def __init__(self, errors: dict[str, Text]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


MAX_EMAIL = 254
"""Characters, by RFC 5321."""


def email_problem(email: str) -> Text | None:
    """Returns why this isn't a valid address, or None. The domain isn't looked up."""
    return None if _is_valid_email(email) else Text("This doesn't look like an e-mail address.")


def _is_valid_email(email: str) -> bool:
    # The library looks at the length last, after what takes long for a long text.
    if len(email) > MAX_EMAIL:
        return False
    try:
        email_validator.validate_email(email, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return is_one_line(email)  # a requirement of logins


def stored_email(email: str) -> str | None:
    """The value of User.email for an address."""
    return f"{email} {secrets.token_hex(8)}" if email else None


def new_user(name: str, email: str, password: str, *, display_name: str = "", host: str = "") -> User:
    """Creates a user that isn't stored yet. The password isn't hashed, and the name isn't compared
    with existing ones. `host` is the site's, which is no password. Raises BadAccount."""
    errors: dict[str, Text] = {}
    try:
        display_name = clean_display_name(display_name)
    except BadName as error:
        errors["display_name"] = error.text
    try:
        name = clean_name(name)
        key = name_key(name)
    except BadName as error:
        errors["username"] = error.text
    email = email.strip().lower()
    if email and (problem := email_problem(email)):
        errors["email"] = problem
    if problem := password_problem(password, name, display_name, email, host=host):
        errors["password"] = problem
    if errors:
        raise BadAccount(errors)
    return User(
        name=name,
        name_key=key,
        skeleton=look(name),
        display_name=display_name,
        display_skeleton=display_look(display_name or name),
        email=stored_email(email),
        session_secret=new_secret(),
        is_admin=False,
        created_at=now_ms(),
    )


async def register(
    database: AioDatabase,
    name: str,
    email: str,
    password: str,
    *,
    display_name: str = "",
    host: str = "",
    is_admin: bool = False,
    may_be_reserved: bool = False,
    admit: "Admit | None" = None,
) -> User:
    """Creates an account. The first account of a site becomes its administrator. `admit` is asked in
    the transaction that stores it, and may refuse by an exception.

    Raises BadAccount if the name is taken, similar to an existing one or reserved, or if a value is
    invalid."""
    user = new_user(name, email, password, display_name=display_name, host=host)
    if not may_be_reserved:
        kept = {
            "username": is_reserved(user.name),
            "display_name": is_reserved_display_name(user.display_name),
        }
        if errors := {field: KEPT_NAME for field, is_kept in kept.items() if is_kept}:
            raise BadAccount(errors)
    user.password_hash = await hash_password(password)
    give_site_role(user, SiteRole.ADMINISTRATOR if is_admin else SiteRole.NONE)
    await add_all(database, [user], admit)
    return user


def give_site_role(user: User, role: SiteRole) -> None:
    """Gives a role to a user that isn't stored yet."""
    user.site_role, user.is_admin = role, role is SiteRole.ADMINISTRATOR


async def has_any() -> bool:
    """Has the site ever had an account?"""
    return await SiteFact.aio_get_or_none(SiteFact.name == FIRST_ACCOUNT) is not None


Admit = Callable[[User, bool], Awaitable[None]]
"""Called with a stored account, and whether it is the site's first."""


async def add_all(database: AioDatabase, users: Sequence[User], admit: Admit | None = None) -> None:
    """Creates all accounts, or raises BadAccount and creates none. The first account of a site
    becomes its administrator."""
    user = users[0]
    try:
        async with database.aio_atomic():
            # Two concurrent first accounts: this row's key admits one and makes the other wait.
            first = (
                await SiteFact.insert(name=FIRST_ACCOUNT, value=user.name)
                .on_conflict_ignore()
                .returning(SiteFact.name)
                .aio_execute()
            )
            if first:
                give_site_role(user, SiteRole.ADMINISTRATOR)
            for user in users:
                await user.aio_save(force_insert=True)
            await store_words({user.id: user.display_name for user in users}, are_new=True)
            if admit is not None:
                await admit(user, bool(first))
    except peewee.IntegrityError:
        raise BadAccount({"username": TAKEN_NAME}) from None


async def change_email(user: User, email: str) -> User:
    """Changes the e-mail address; empty removes it. Returns the person as they are then. Raises
    BadAccount. Whether others have the same makes no difference."""
    email = email.strip().lower()
    if email and (problem := email_problem(email)):
        raise BadAccount({"email": problem})
    if email != user.address:
        change = {"email": stored_email(email), "email_verified_at": None}
        await User.update(change).where(User.id == user.id, User.left_at.is_null()).aio_execute()
        user = User(**{**user.__data__, **change})
    return user


async def note_language(user: User, code: str) -> None:
    """In which language the person reads the site."""
    if user.language != code:
        await User.update(language=code).where(User.id == user.id, User.left_at.is_null()).aio_execute()


async def change_password(user: User, password: str, *, host: str = "") -> None:
    """Changes the password, which ends all sessions of before. Raises BadAccount. The caller closes
    what is open for them (accounts/signin/sessions.py)."""
    if problem := password_problem(password, user.name, user.display_name, user.address, host=host):
        raise BadAccount({"new_password": problem})
    hashed = await hash_password(password)
    async with database_proxy.obj.aio_atomic():
        user.session_secret = await store_password(user.id, hashed)
    user.password_hash = hashed


async def store_password(user_id: int, hashed: str) -> str:
    """Stores the hash of a new password, in a transaction: sessions and links of before end. Returns
    the new secret of sessions."""
    secret = new_secret()
    change = User.update(password_hash=hashed, session_secret=secret)
    await change.where(User.id == user_id, User.left_at.is_null()).aio_execute()
    await PasswordLink.delete().where(PasswordLink.user_id == user_id).aio_execute()
    return secret


def new_secret() -> str:
    """A new User.session_secret."""
    return secrets.token_hex(8)


async def may_still_sign_in(user: User) -> bool:
    """Are password and secret the same as when `user` was loaded? A new secret ends sessions, also
    one that begins meanwhile."""
    is_same = (User.password_hash == user.password_hash) & (User.session_secret == user.session_secret)
    return bool(await User.select().where(User.id == user.id, is_same).aio_exists())


KEPT_NAME = Text("This name is kept for the site itself. Please choose another.")
TAKEN_NAME = Text("This name is taken, or too much like one that is.")


async def taken(user: User) -> dict[str, Text]:
    """Returns the values of a new user that other users may not have too, as errors by field."""
    if (
        await User.select()
        .where((User.name_key == user.name_key) | (User.skeleton == user.skeleton))
        .aio_exists()
    ):
        return {"username": TAKEN_NAME}
    return {}


async def propose_name(display_name: str) -> str:
    """Returns a name for a new account, made from how the person is called: one that nobody has at
    the moment, or an empty string."""
    base = address_words(display_name, _MAX_PROPOSED) or _in_its_script(display_name)
    if not base:
        return ""
    for number in ("", *range(2, 2 + _PROPOSALS)):
        name = f"{base}{number}"
        if is_reserved(name):
            continue
        is_taken = (User.name_key == name_key(name)) | (User.skeleton == look(name))
        if not await User.select().where(is_taken).aio_exists():
            return name
    return f"{base}-{secrets.randbelow(10_000):04}"


def _in_its_script(display_name: str) -> str:
    """The name as one word, in its own script. Empty where that is no name of an account."""
    try:
        name = clean_name("-".join(words_of(display_name)))
        return name if len(name) <= _MAX_PROPOSED else ""
    except BadName:
        return ""


_MAX_PROPOSED = MAX_LENGTH - 5
_PROPOSALS = 8
