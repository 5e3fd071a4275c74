"""aiochat as a program whose engine has other times, those of TIMINGS, a JSON object, and in which a
password is hashed in no time: a hash names its own cost, and is verified by whoever reads it. What
messages link to is fetched only from tests/support/sites/linked.py, and no name is looked up."""

import functools
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from argon2 import PasswordHasher

import app
import cli
from accounts.people import passwords
from helpers.linked_pages import apart
from tests.support.programs.linked_pages import PROGRAM, pretend
from timings import Timings

if __name__ == "__main__":
    timings = Timings(**json.loads(os.environ["TIMINGS"]))
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords.NOBODYS_HASH = passwords._hasher.hash("nobody has this password")
    pretend()
    apart.program = PROGRAM
    app.create_app = functools.partial(app.create_app, timings=timings)
    sys.exit(cli.main())
