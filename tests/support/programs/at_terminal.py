"""app.py as a shell starts it: its standard input is the terminal from which Ctrl-C comes, also where
the tests run in the background and ignore it."""

import fcntl
import runpy
import signal
import sys
import termios
from pathlib import Path

if __name__ == "__main__":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    program = Path(__file__).resolve().parents[3] / "app.py"
    sys.path.insert(0, str(program.parent))
    runpy.run_path(str(program), run_name="__main__")
