"""Names of people as others read them: in any script, with spaces. A person without one is shown by
the name of the account, the handle.

No two people need different ones. Where one could be taken for somebody else's, the handle stands
beside it."""

import string
from typing import Any, NamedTuple

import peewee
from peewee import Case, fn

from accounts.models import NameWord, User
from accounts.people.former_looks import display_skeleton as display_skeleton  # for migration 0026
from accounts.people.looks import display_look, dotted_display_look
from accounts.people.names import DELETED, BadName, is_reserved_look
from helpers.text.characters import composed, is_plainly_visible
from helpers.text.folding import search_words, words_of
from helpers.text.translation import LANGUAGES, Text

MAX_LENGTH = 64

_RANKS = (
    *("admin", "administrator", "aiochat", "helpdesk", "moderator", "sysadmin", "webmaster"),
    *("admins", "administrators", "administration", "moderators", "staff"),
    *("админ", "администратор", "модератор", "сисадмин", "техподдержка"),
    *("админы", "администраторы", "администрация", "модераторы"),
)
"""No word of a name is one of these: who has such a role is told by a badge."""


def clean_display_name(text: str) -> str:
    """Returns the name in its normal form. Empty is allowed. Raises BadName."""
    line = composed(text.strip(" \t"), MAX_LENGTH)
    if line is None or len(line) > MAX_LENGTH:
        raise BadName(Text("At most {most} characters, please.", most=MAX_LENGTH))
    if not is_plainly_visible(line):
        raise BadName(Text("There is something invisible in it, or something that can't be shown."))
    if "@" in line:
        # What follows it is taken for a handle.
        raise BadName(Text("No @ in a name, please."))
    line = " ".join(line.split())
    if line and not any(letter.isalnum() for letter in line):
        raise BadName(Text("A name has at least one letter or digit."))
    if display_look(line) in _DELETED:
        raise BadName(Text("This name is kept for the site itself. Please choose another."))
    return line


def is_reserved_display_name(name: str) -> bool:
    """Does it say that somebody speaks for the site? Administrators may be called so."""
    # A number behind it makes no other word of it.
    looks = {
        display_look(word)
        for text in (name, name.rstrip(string.digits))
        for word in (text, *(word.rstrip(string.digits) for word in text.split()), *words_of(text))
    }
    return is_reserved_look(dotted_display_look(name)) or bool(looks & _RANKED)


_DELETED = frozenset(display_look(language.gettext(DELETED)) for language in LANGUAGES.values())
_RANKED = frozenset(map(display_look, _RANKS))


def shown_name(user: Any = User) -> Any:
    """An SQL expression of a user's name for all places that show no handle: the display name,
    followed by ` @` and the handle where it looks like another person's handle or display name.
    Empty without a display name. No display name contains `@`."""
    twin, owner = User.alias(), User.alias()
    look, one = user.display_skeleton, peewee.SQL("1")
    # The condition is that of the index: where most have none, PostgreSQL would read all users.
    is_twin = (twin.display_skeleton == look) & (twin.display_skeleton != peewee.SQL("''"))
    is_alike = fn.EXISTS(twin.select(one).where(is_twin, twin.id != user.id)) | fn.EXISTS(
        owner.select(one).where(owner.skeleton == look, owner.id != user.id)
    )
    with_handle = user.display_name.concat(" @").concat(user.name)
    return Case(None, [(user.display_name == "", ""), (is_alike, with_handle)], user.display_name)


class ShownPerson(NamedTuple):
    """`shown` is shown_name's."""

    id: int
    name: str
    shown: str


MAX_TOLD = 50


async def people_with_looks(skeletons: set[str]) -> list[ShownPerson]:
    """The people whose display names look like this, at most MAX_TOLD: whether their handles are to
    be shown may have changed."""
    query = User.select(User.id, User.name, shown_name()).where(
        User.display_skeleton.in_(sorted(skeletons - {""})), User.display_skeleton != peewee.SQL("''")
    )
    return [ShownPerson(*row) for row in await query.limit(MAX_TOLD).tuples().aio_execute()]


async def store_words(names: dict[int, str], *, are_new: bool = False) -> None:
    """Stores the words by which these people are found, by user id. The caller's transaction has
    written the users before."""
    if not are_new:
        await NameWord.delete().where(NameWord.user_id.in_(list(names))).aio_execute()
    rows = [(word, user_id) for user_id, name in names.items() for word in sorted(search_words(name))]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        await NameWord.insert_many(
            rows[start : start + _ROWS_AT_ONCE], fields=[NameWord.word, NameWord.user_id]
        ).aio_execute()


_ROWS_AT_ONCE = 400
"""Two values each, below the thousand that old versions of SQLite take."""
