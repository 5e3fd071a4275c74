"""Names of files: what people read. No place in a store or on a disk has them."""

import posixpath

from helpers.text.characters import visible_line

MAX_NAME = 120
NAMELESS = "file"


def clean_name(name: str) -> str:
    """The name as it is shown and offered for saving: without folders, without what can't be seen or
    turns the direction of a line, and with its ending where it has to be cut."""
    name = visible_line(name.replace("\\", "/")[-4 * MAX_NAME :])
    name = name.rpartition("/")[2].strip(" .") or NAMELESS
    if len(name) <= MAX_NAME:
        return name
    root, ending = posixpath.splitext(name)
    return name[:MAX_NAME] if len(ending) > 16 else root[: MAX_NAME - len(ending)] + ending
