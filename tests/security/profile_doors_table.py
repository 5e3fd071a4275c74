"""Who may ask what of somebody's profile and posts, by their relation to the owner. All else is
denied: then nothing is changed, nobody is told, and the answer is that to what doesn't exist."""

from dataclasses import dataclass, field

RELATIONS = {
    "public": ("visitor", "stranger", "follower", "blocked", "blocker", "administrator", "owner"),
    "private": (
        *("visitor", "stranger", "requested", "follower", "blocked", "blocker"),
        *("administrator", "owner"),
    ),
}
"""By profile. `requested` has asked to follow; `blocked` is blocked by the owner, whom `blocker`
blocks."""

Cells = set[tuple[str, str]]


def _any(*relations: str) -> Cells:
    return {(profile, one) for profile, all_of in RELATIONS.items() for one in all_of if one in relations}


NOBODY: Cells = set()
SIGNED_IN = _any(*RELATIONS["private"]) - _any("visitor")
OWNER = _any("owner")
ADMINISTRATORS = _any("administrator")
FEEDING = _any("follower", "owner")
"""Those in whose feed the posts are."""
SEEING = FEEDING | ADMINISTRATORS | {("public", "stranger")}
"""Those who see the posts."""
APART = _any("blocked", "blocker")
"""Those who see nothing of the owner's, and not their comments elsewhere."""

SECRETS = {"bio": SEEING, "post": SEEING, "comment": SIGNED_IN - APART}
"""Who may ever read the owner's words about themselves, in posts of theirs, and in their comments on
somebody else's post."""


@dataclass(frozen=True)
class Row:
    """A request of `path`, a form where there are `fields`. Who is in `refused` gets that status
    instead of 404. `tells` is a secret that whoever is in `told` reads in the answer, and nobody
    else. `changes`: whether it does where it is allowed; None where it depends on the relation.
    `missing` is the same address of what doesn't exist."""

    path: str
    allowed: Cells
    fields: dict[str, str] | None = None
    refused: dict[int, Cells] = field(default_factory=dict)
    tells: str = ""
    told: Cells = field(default_factory=set)
    changes: bool | None = False
    missing: str = ""

    def status(self, cell: tuple[str, str]) -> int:
        """Of who is signed in and isn't allowed it."""
        return next((status for status, cells in self.refused.items() if cell in cells), 404)


POST, OWN, OTHERS = "/feed/{post}", "/feed/{post}/comments/{own}", "/feed/{post}/comments/{others}"
ELSEWHERE = "/feed/{elsewhere}/comments/{theirs}"
NO_POST, NO_COMMENT = "/feed/{missing}", "/feed/{elsewhere}/comments/{missing}"
TEXT = {"text": "words"}

READS = {
    "person": Row("/users/{owner}", SIGNED_IN, tells="bio", told=SEEING),
    "person with posts": Row("/users/{owner}", SIGNED_IN, tells="post", told=SEEING),
    "picture": Row("/users/{owner}/picture", SIGNED_IN),
    "people": Row("/people?q={owner}", SIGNED_IN),
    "people by name": Row("/people?name={owner}", SIGNED_IN),
    "users": Row("/users", SIGNED_IN),
    "users found": Row("/users?q={owner}", SIGNED_IN),
    "person_posts": Row("/users/{owner}/posts", SEEING, tells="post", told=SEEING),
    "feed": Row("/feed", SIGNED_IN, tells="post", told=FEEDING),
    "feed_post": Row(POST, SEEING, tells="post", told=SEEING, missing=NO_POST),
    "feed_post of another": Row("/feed/{elsewhere}", SIGNED_IN, tells="comment", told=SIGNED_IN - APART),
    "feed_picture": Row(
        "/feed/{pictured}/pictures/{picture}", SEEING, missing=NO_POST + "/pictures/{picture}"
    ),
    "feed_events": Row("/feed/events", SIGNED_IN),
    "feed_events of a post": Row("/feed/events?post={post}", SEEING, missing="/feed/events?post={missing}"),
    "requests": Row("/accounts/requests", SIGNED_IN),
    "followers": Row("/accounts/followers", SIGNED_IN),
    "blocked": Row("/accounts/blocked", SIGNED_IN),
    "own_data_download": Row("/accounts/data/download", SIGNED_IN, tells="post", told=OWNER),
}

WRITES = {
    "feed_unlike": Row(POST + "/unlike", SEEING, {}, changes=True, missing=NO_POST + "/unlike"),
    "feed_like": Row(POST + "/like", SEEING, {}, changes=True, missing=NO_POST + "/like"),
    "feed_comments": Row(POST + "/comments", SEEING, TEXT, changes=True, missing=NO_POST + "/comments"),
    "feed_comment_edit": Row(
        OWN + "/edit", SEEING, TEXT, changes=True, missing=NO_POST + "/comments/{own}/edit"
    ),
    "feed_comment_edit of another": Row(
        OTHERS + "/edit", NOBODY, TEXT, {403: SEEING}, missing=NO_POST + "/comments/{others}/edit"
    ),
    "feed_comment_edit elsewhere": Row(
        ELSEWHERE + "/edit", OWNER, TEXT, {403: SIGNED_IN - APART}, changes=True, missing=NO_COMMENT + "/edit"
    ),
    "feed_comment_delete": Row(
        OWN + "/delete", SEEING, {}, changes=True, missing=NO_POST + "/comments/{own}/delete"
    ),
    "feed_comment_delete of another": Row(
        OTHERS + "/delete",
        ADMINISTRATORS,
        {},
        {403: SEEING},
        changes=True,
        missing=NO_POST + "/comments/{others}/delete",
    ),
    "feed_comment_delete elsewhere": Row(
        ELSEWHERE + "/delete",
        OWNER | ADMINISTRATORS,
        {},
        {403: SIGNED_IN - APART},
        changes=True,
        missing=NO_COMMENT + "/delete",
    ),
    "feed_edit": Row(POST + "/edit", OWNER, TEXT, {403: SEEING}, changes=True, missing=NO_POST + "/edit"),
    "feed_delete": Row(
        POST + "/delete",
        OWNER | ADMINISTRATORS,
        {},
        {403: SEEING},
        changes=True,
        missing=NO_POST + "/delete",
    ),
    # None of these is deleted: tests/feed/test_undo.py tells who may take a deletion back.
    "feed_undelete": Row(POST + "/undelete", NOBODY, {}, missing=NO_POST + "/undelete"),
    "feed_comment_undelete": Row(OWN + "/undelete", NOBODY, {}, missing=NO_POST + "/comments/{own}/undelete"),
    "feed": Row("/feed", SIGNED_IN, TEXT, changes=True),
    # Of oneself nobody follows, and of a block only that it is so is said.
    "follow": Row("/users/{owner}/follow", SIGNED_IN - APART - OWNER, {}, {422: APART | OWNER}, changes=None),
    "unfollow": Row("/users/{owner}/unfollow", SIGNED_IN, {}, changes=None),
    # The owner asks nobody.
    "accept": Row("/users/{owner}/accept", NOBODY, {}),
    "decline": Row("/users/{owner}/decline", SIGNED_IN, {}),
    "remove_follower": Row("/users/{owner}/remove-follower", SIGNED_IN, {}),
    "block": Row("/users/{owner}/block", SIGNED_IN - OWNER, {}, {422: OWNER}, changes=None),
    "unblock": Row("/users/{owner}/unblock", SIGNED_IN, {}, changes=None),
    "ignore": Row("/users/{owner}/ignore", SIGNED_IN - OWNER, {}, {409: OWNER}, changes=None),
    "unignore": Row("/users/{owner}/unignore", SIGNED_IN, {}, changes=None),
}
"""In this order: what ends a relation comes last."""

OF_ONESELF = {
    *(("profile", "GET"), ("profile", "POST"), ("change_picture", "POST"), ("remove_picture", "POST")),
    *(("own_data", "GET"), ("delete_account", "GET"), ("delete_account", "POST"), ("proposed_name", "GET")),
}
"""Addresses that name nobody and nothing of another's: tests/security/test_access.py has them."""
