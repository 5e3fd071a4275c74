"""The tables of people and of facts about the site."""

import peewee

from helpers.db.base import Base
from helpers.text.characters import isolated


class User(Base):
    """A person or bot. `name_key` and `skeleton` (accounts/people/names.py) prevent names that look
    alike.

    `email` is the address as given, a space, and a random word: several accounts may give one
    address, until somebody shows whose it is. The column is unique, and whether one gives an address
    that another has makes no difference. Older rows hold the address alone."""

    name = peewee.TextField()
    name_key = peewee.TextField(unique=True)
    skeleton = peewee.TextField(unique=True)
    email = peewee.TextField(null=True, unique=True)
    password_hash = peewee.TextField()
    session_secret = peewee.TextField(default="")
    """Sessions carry it. A new one, as with a new password, ends the sessions of before."""
    is_admin = peewee.BooleanField()
    """Whether `site_role` is that of an administrator."""
    site_role = peewee.SmallIntegerField(default=0)
    """A number of accounts/people/site_roles.py, whose site_role_of reads it."""
    suspended_until = peewee.BigIntegerField(null=True)
    """Until then nobody signs in (accounts/signin/suspension.py), by the database's clock."""
    suspended_for = peewee.TextField(default="")
    waits_since = peewee.BigIntegerField(null=True)
    """Since when somebody who registered waits to be let in (accounts/people/waiting.py)."""
    created_at = peewee.BigIntegerField()
    # accounts/people/profiles.py checks these values. Empty means not given.
    display_name = peewee.TextField(default="")
    display_skeleton = peewee.TextField(default="")
    """The same for display names that look alike (accounts/people/display_names.py)."""
    bio = peewee.TextField(default="")
    place = peewee.TextField(default="")
    time_zone = peewee.TextField(default="")
    picture = peewee.BigIntegerField(default=0)
    is_private = peewee.BooleanField(default=False)
    """Only followers see the posts, and following requires approval."""
    email_verified_at = peewee.BigIntegerField(null=True)
    """When the person showed that the address is theirs."""
    language = peewee.TextField(default="")
    """In which they signed in last: a code, empty where it isn't known. Mails are written in it."""
    left_at = peewee.BigIntegerField(null=True)
    """When the account was deleted (accounts/personal_data/deletion.py). The row stays for
    references to it, without personal data."""

    class Meta:
        table_name = "users"

    @property
    def called(self) -> str:
        """The name and the handle, for texts in which others are to tell them."""
        return f"{isolated(self.display_name)} @{self.name}" if self.display_name else self.name

    @property
    def address(self) -> str:
        """The e-mail address, empty if there is none."""
        return (self.email or "").partition(" ")[0]


class NameWord(Base):
    """A word of a person's display name, folded, by which they are found."""

    word = peewee.TextField()
    user_id = peewee.BigIntegerField()

    class Meta:
        table_name = "name_words"
        primary_key = peewee.CompositeKey("word", "user_id")


class Block(Base):
    """`blocker_id` blocks `blocked_id`. It hides both from each other
    (accounts/relations/visibility.py)."""

    blocker_id = peewee.BigIntegerField()
    blocked_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "blocks"
        primary_key = peewee.CompositeKey("blocker_id", "blocked_id")


class Picture(Base):
    """A person's picture in one of the sizes of accounts/people/pictures.py. It is in the store; in
    `data` until it was moved there, as in all tables of pictures (helpers/storage/moving.py)."""

    user_id = peewee.BigIntegerField()
    size = peewee.SmallIntegerField()
    version = peewee.BigIntegerField()
    data = peewee.BlobField()
    blob_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "pictures"
        primary_key = peewee.CompositeKey("user_id", "size")


class EndedSession(Base):
    """A session ended by a program other than the server; see accounts/signin/ended_sessions.py."""

    session_id = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "ended_sessions"


class PendingErasure(Base):
    """A deleted account whose data isn't fully erased. The row is removed when the erasure is
    complete.

    `name` is the former name. From `due_at` a process may claim the row, and holds it until
    `taken_until`."""

    user_id = peewee.BigIntegerField(primary_key=True)
    name = peewee.TextField()
    removes = peewee.BooleanField()
    at = peewee.BigIntegerField()
    due_at = peewee.BigIntegerField()
    taken_by = peewee.TextField()
    taken_until = peewee.BigIntegerField()

    class Meta:
        table_name = "leavings"


class Download(Base):
    """A download of the person's data is in progress, until `until` at the latest."""

    user_id = peewee.BigIntegerField(primary_key=True)
    until = peewee.BigIntegerField()

    class Meta:
        table_name = "downloads"


class SiteFact(Base):
    """A fact about the site: the name of its first administrator, the epoch of its history."""

    name = peewee.TextField(primary_key=True)
    value = peewee.TextField()

    class Meta:
        table_name = "site"


class SiteAct(Base):
    """What somebody who runs the site did; see accounts/people/site_acts.py. `author_id` is None where
    it was done by the shell, by the machine's user `shell`. `before` and `after` are JSON objects."""

    number = peewee.BigIntegerField(primary_key=True)
    act = peewee.TextField()
    author_id = peewee.BigIntegerField(null=True)
    shell = peewee.TextField()
    target_id = peewee.BigIntegerField(null=True)
    room_id = peewee.BigIntegerField(null=True)
    reason = peewee.TextField()
    before = peewee.TextField()
    after = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "site_acts"


class PasswordLink(Base):
    """A link by which somebody chooses a new password, once and before `until`. Only the hash of its
    token is known here."""

    user_id = peewee.BigIntegerField(primary_key=True)
    token_hash = peewee.TextField(unique=True)
    until = peewee.BigIntegerField()

    class Meta:
        table_name = "password_links"


class EmailLink(Base):
    """A link that shows that an address is the person's (accounts/signin/email_links.py), of which a
    hash is stored."""

    user_id = peewee.BigIntegerField(primary_key=True)
    address = peewee.TextField()
    token_hash = peewee.TextField(unique=True)
    until = peewee.BigIntegerField()

    class Meta:
        table_name = "email_links"


class InviteLink(Base):
    """A link by which people are invited; see accounts/signin/invite_links.py. It is good until `until`,
    unless it was revoked, for `uses` people (None for any number), of whom `used` have come. One that
    isn't `to_site` leads to rooms alone, and nowhere when they are gone."""

    code_hash = peewee.TextField(unique=True)
    maker_id = peewee.BigIntegerField()
    to_site = peewee.BooleanField()
    uses = peewee.BigIntegerField(null=True)
    used = peewee.BigIntegerField(default=0)
    made_at = peewee.BigIntegerField()
    until = peewee.BigIntegerField()
    revoked_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "invite_links"


class InviteLinkUse(Base):
    """Who came by a link, the last time at `at`."""

    link_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "invite_link_uses"
        primary_key = peewee.CompositeKey("link_id", "user_id")


class SiteLogo(Base):
    """The picture of the site in one of its sizes (accounts/site_logo.py)."""

    size = peewee.SmallIntegerField(primary_key=True)
    version = peewee.BigIntegerField()
    data = peewee.BlobField()
    blob_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "site_logo"


class SiteSetting(Base):
    """A value that is set on the site's pages; see accounts/site_settings.py."""

    name = peewee.TextField(primary_key=True)
    value = peewee.TextField()

    class Meta:
        table_name = "site_settings"
