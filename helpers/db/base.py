"""The base of every model. Which database it speaks to is decided once, when the application
starts."""

import peewee
import peewee_async

database_proxy = peewee.DatabaseProxy()
"""peewee binds a model to its database when the class is made; this stands in until the settings
are read."""


class Base(peewee_async.AioModel):
    class Meta:
        database = database_proxy
        legacy_table_names = False
