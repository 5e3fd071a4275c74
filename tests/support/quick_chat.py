"""aiochat as a program whose engine has other times: those of TIMINGS, a JSON object."""

import functools
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import app
from timings import Timings

if __name__ == "__main__":
    timings = Timings(**json.loads(os.environ["TIMINGS"]))
    app.create_app = functools.partial(app.create_app, timings=timings)
    sys.exit(app.main())
