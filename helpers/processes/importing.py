"""Import this first. It puts off the collection of garbage until `done`: what modules make stays,
and to look at all of it again and again takes a tenth of the time of all imports."""

import gc

_is_usual = gc.isenabled()
gc.disable()


def done() -> None:
    if _is_usual:
        gc.enable()
