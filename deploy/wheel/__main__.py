"""The command `aiochat` of an installed package. The program's own packages are found here first, and by no
other program: their short names (`chat`, `feed`) stay out of site-packages."""

import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from cli import run

    run()


if __name__ == "__main__":
    main()
