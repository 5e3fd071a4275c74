"""People of other chats get accounts here, without a password: a link for a new one (`aiochat reset-link`)
lets them in."""

import secrets
from collections.abc import Mapping, Sequence

import peewee
from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.accounts import email_problem, new_secret, stored_email
from accounts.people.directory import user_by_login
from accounts.people.display_names import clean_display_name, is_reserved_display_name, store_words
from accounts.people.looks import display_look, look
from accounts.people.names import DELETED, MAX_LENGTH, BadName, clean_name, is_reserved, name_key
from accounts.people.passwords import NO_PASSWORD
from helpers.clock import now_ms
from helpers.processes.terminal import Failure
from helpers.text.characters import visible_line
from helpers.text.transliteration import address_words
from operations.importing.origins import Origins
from operations.importing.records import Person

AT_ONCE = 100
MOST_NUMBERED = 50


class ImportedPeople:
    """`ids` and `names` (handles) are by the keys of the archive, once `take` was called."""

    def __init__(self, database: AioDatabase, origins: Origins, mapping: Mapping[str, str]) -> None:
        self._database = database
        self._origins = origins
        self._mapping = {theirs.lower(): ours for theirs, ours in mapping.items()}
        self.ids: dict[str, int] = {}
        self.names: dict[str, str] = {}
        self.made: set[int] = set()
        self.known = self.mapped = self.renamed = 0
        self._reserved: set[str] = set()
        """Keys and skeletons of names that this run gives."""

    async def take(self, people: Sequence[Person], *, stores: bool) -> None:
        """Some people at once. Without `stores` it is only counted what would be done."""
        known = await self._origins.find("person", [one.key for one in people])
        names = await _names(sorted(set(known.values())))
        new: list[tuple[Person, User]] = []
        mapped: list[tuple[Person, User]] = []
        for person in people:
            if (user_id := known.get(person.key)) is not None:
                self.known += 1
                self._note(person, user_id, names.get(user_id, DELETED))
            elif (user := await self._same(person)) is not None:
                self.mapped += 1
                mapped.append((person, user))
                self._note(person, user.id, user.name)
            else:
                user = await self._new(person)
                new.append((person, user))
                self._note(person, -1, user.name)
        if stores and (new or mapped):
            await self._store(new, mapped)
        else:
            self.made |= {-place for place in range(len(self.made) + 1, len(self.made) + len(new) + 1)}

    def _note(self, person: Person, user_id: int, name: str) -> None:
        self.ids[person.key] = user_id
        self.names[person.key] = name

    async def _store(self, new: Sequence[tuple[Person, User]], mapped: Sequence[tuple[Person, User]]) -> None:
        try:
            async with self._database.aio_atomic():
                for person, user in new:
                    await user.aio_save(force_insert=True)
                    await self._origins.note("person", person.key, user_id=user.id)
                for person, user in mapped:
                    await self._origins.note("person", person.key, user_id=user.id)
                await store_words({user.id: user.display_name for _, user in new}, are_new=True)
        except peewee.IntegrityError:
            raise Failure("somebody took a name at the same moment: run it again, it goes on") from None
        for person, user in new:
            self._note(person, user.id, user.name)
            self.made.add(user.id)

    async def _same(self, person: Person) -> User | None:
        """The account of whom it is, as the operator says, or a confirmed address."""
        for theirs in (person.key, person.name, person.email):
            if theirs and (ours := self._mapping.get(theirs.lower())):
                user = await user_by_login(ours)
                if user is None:
                    raise Failure(
                        f"--people says that {theirs!r} is {ours!r} here, and there is nobody so called"
                    )
                return user
        if not person.email or person.is_gone:
            return None
        email = person.email.strip().lower()
        is_theirs = User.email.startswith(f"{email} ") | (User.email == email)
        query = User.select().where(is_theirs, User.email_verified_at.is_null(False), User.left_at.is_null())
        found = list(await query.limit(2).aio_execute())
        return found[0] if len(found) == 1 and found[0].address == email else None

    async def _new(self, person: Person) -> User:
        name = await self._free_name(person)
        display_name = _display_name(person, name)
        email = person.email.strip().lower()
        is_kept = email and not person.is_gone and email_problem(email) is None
        return User(
            name=name,
            name_key=name_key(name),
            skeleton=look(name),
            display_name=display_name,
            display_skeleton=display_look(display_name or name),
            email=stored_email(email) if is_kept else None,
            password_hash=NO_PASSWORD,
            session_secret=new_secret(),
            is_admin=False,
            created_at=now_ms(),
        )

    async def _free_name(self, person: Person) -> str:
        wanted = _handle(person)
        numbers = ["", *(str(number) for number in range(2, MOST_NUMBERED))]
        for number in (*numbers, *(f"-{secrets.randbelow(10**8)}" for _ in range(5))):
            name = f"{wanted[: MAX_LENGTH - len(number)].rstrip('.-_')}{number}"
            key, skeleton = name_key(name), look(name)
            if is_reserved(name) or {key, skeleton} & self._reserved:
                continue
            is_taken = (User.name_key == key) | (User.skeleton == skeleton)
            if await User.select(User.id).where(is_taken).limit(1).tuples().aio_execute():
                continue
            self._reserved |= {key, skeleton}
            self.renamed += name != person.name
            return name
        raise Failure(f"no name is free for {person.name!r}")


def _handle(person: Person) -> str:
    """The wanted handle, or one made of how they are called."""
    plain = person.name.strip(" .-_")
    for text in (person.name, plain, plain.replace(" ", "."), person.email.partition("@")[0]):
        try:
            return clean_name(visible_line(text))
        except BadName:
            continue
    for text in (person.name, person.display_name):
        if (words := address_words(text, MAX_LENGTH - 10)) and words[0].isalnum():
            return words
    return "somebody"


def _display_name(person: Person, name: str) -> str:
    for text in (person.display_name, person.name):
        try:
            called = clean_display_name(visible_line(text.replace("@", ""))[:64].strip())
        except BadName:
            continue
        if called and called != name and not is_reserved_display_name(called):
            return called
    return ""


async def _names(user_ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(user_ids), AT_ONCE):
        query = User.select(User.id, User.name).where(User.id.in_(user_ids[start : start + AT_ONCE]))
        found |= dict(await query.tuples().aio_execute())
    return found
