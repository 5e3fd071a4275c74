"""Links that show whose an e-mail address is: each is good once, for three days, and for the address to
which it was sent. Only a hash is stored."""

from peewee_async.databases import AioDatabase

from accounts.models import EmailLink, User
from accounts.people.directory import accounts_by_ids, lock_account
from accounts.signin.password_links import DeadLink, hashed_token, is_token, new_token
from accounts.signin.suspension import database_now, database_now_ms

LINK_SECONDS = 3 * 86400


async def make_email_link(user: User) -> str:
    """Makes the link for the person's present address, in a transaction, in place of an earlier one.
    Returns its token."""
    token = new_token()
    until = await database_now_ms() + LINK_SECONDS * 1000
    await EmailLink.delete().where(EmailLink.user_id == user.id).aio_execute()
    row = {"address": user.address, "token_hash": hashed_token(token), "until": until}
    await EmailLink.insert(user_id=user.id, **row).aio_execute()
    return token


async def person_of_email_link(token: str) -> User:
    """Whose address it confirms. Raises DeadLink."""
    if not is_token(token):
        raise DeadLink
    query = EmailLink.select(EmailLink.user_id, EmailLink.address).where(_is_live(token))
    for user_id, address in await query.tuples().aio_execute():
        user = (await accounts_by_ids([user_id])).get(user_id)
        if user is not None and user.address == address:
            return user
    raise DeadLink


async def confirm_email(database: AioDatabase, token: str) -> User:
    """Notes that the address is the person's. Raises DeadLink."""
    user = await person_of_email_link(token)
    async with database.aio_atomic():
        # Locked: the address can't change meanwhile.
        if not await lock_account(user.id):
            raise DeadLink
        await person_of_email_link(token)
        await EmailLink.delete().where(EmailLink.user_id == user.id).aio_execute()
        await note_verified(user)
    return user


async def note_verified(user: User) -> None:
    """The person has shown that the address is theirs, unless they have another one by now."""
    is_same = (User.id == user.id) & (User.email == user.email)
    await User.update(email_verified_at=await database_now_ms()).where(is_same).aio_execute()


def _is_live(token: str) -> object:
    return (EmailLink.token_hash == hashed_token(token)) & (EmailLink.until > database_now())
