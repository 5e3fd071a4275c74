"""The cases of tests/chat/actions/test_state.py in which an act is undone."""

from tests.chat.actions.state_cases import (
    ANSWERED,
    ASKED,
    DAVE_BANNED,
    DAVE_KICKED,
    LET_WRITE,
    POSTED,
    pin,
)
from tests.support.state_stories import Case

UNDO_CASES = [
    Case(
        "/undo of /unpin",
        before=[*POSTED, ("alice", pin(1)), ("alice", "/unpin 1")],
        does=[("alice", "/undo A2")],
    ),
    Case("/undo of /allow", before=[("alice", "/allow topic members")], does=[("alice", "/undo A1")]),
    Case(
        "/undo of /kind", elsewhere=("bob",), before=[("alice", "/kind closed")], does=[("alice", "/undo A1")]
    ),
    Case("/undo of /history", before=[("alice", "/history joining")], does=[("alice", "/undo A1")]),
    Case("/undo of a topic", before=[("alice", "/topic beans")], does=[("alice", "/undo A1")]),
    Case("/undo of a title", before=[("alice", "/title Kitchen 9")], does=[("alice", "/undo a1")]),
    Case("/undo of a kick", elsewhere=("dave",), before=DAVE_KICKED, does=[("alice", "/undo A2")]),
    Case("/undo of a ban", elsewhere=("dave",), before=DAVE_BANNED, does=[("alice", "/undo A3 a mistake")]),
    Case("/undo of a timeout", before=[("alice", "/timeout {bob} 10m")], does=[("alice", "/undo A1")]),
    Case("/undo of an untimeout", before=LET_WRITE, does=[("alice", "/undo A2"), ("bob", "hm", "timed_out")]),
    Case("/undo of a deletion", before=[*ANSWERED, ("alice", "/delete 1-3")], does=[("alice", "/undo A1")]),
    Case(
        "/undo of a clearing",
        before=[*ANSWERED, ("alice", "/clear"), ("bob", "anew")],
        elsewhere=("carol",),
        does=[("alice", "/undo A1"), ("bob", "more")],
    ),
    Case(
        "/undo of an unban",
        elsewhere=("dave",),
        before=[("alice", "/ban {dave} 2h"), ("alice", "/unban {dave}")],
        does=[("alice", "/undo A2")],
    ),
    Case("/undo of a purge", before=[*ANSWERED, ("alice", "/purge {bob} 1h")], does=[("alice", "/undo A1")]),
    Case(
        "/undo of an unlock",
        before=[("alice", "/lock"), ("alice", "/unlock")],
        does=[("alice", "/undo A2"), ("bob", "hm", "locked")],
    ),
    Case(
        "/undo of /archive",
        before=[*POSTED, ("alice", "/archive")],
        does=[("alice", "/undo A1"), ("bob", "hello")],
    ),
    Case(
        "/undo of /unarchive",
        before=[("alice", "/archive"), ("alice", "/unarchive")],
        does=[("alice", "/undo A2")],
    ),
    Case("/undo of a lock", before=[("alice", "/lock")], does=[("alice", "/undo A1"), ("bob", "hello")]),
    Case("/undo of slow mode", before=[("alice", "/slow 30s")], does=[("alice", "/undo A1")]),
    Case("/undo of a pin", before=[*POSTED, ("alice", pin(1))], does=[("alice", "/undo A1")]),
    Case("/undo of /mod", before=[("alice", "/mod {bob}")], does=[("alice", "/undo A1")]),
    Case("/undo of /owner", before=[("alice", "/owner {bob}")], does=[("bob", "/undo A1")]),
    Case("/undo of an invitation", elsewhere=("dave",), before=[ASKED], does=[("alice", "/undo A1")]),
    Case(
        "/undo of an address",
        elsewhere=("bob",),
        before=[("alice", "/address {alice}-u")],
        does=[("alice", "/undo A1")],
    ),
]
