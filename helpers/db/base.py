"""The base class of all models. Its database is set once, when the application starts."""

import peewee
import peewee_async

database_proxy = peewee.DatabaseProxy()
"""peewee binds a model to its database when the class is created. This proxy stands in until the
settings are read."""


class Base(peewee_async.AioModel):
    class Meta:
        database = database_proxy
        legacy_table_names = False
