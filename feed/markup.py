"""Parses the texts of posts and comments. Imports little, since it also runs in a process of its
own (helpers/rendering.py)."""

from accounts.people.name_shape import PERSON
from helpers.markup.markdown import Markdown

markdown = Markdown(PERSON, own=r"/feed/\d{1,16}\Z", module=__name__)
parse = markdown.parse
