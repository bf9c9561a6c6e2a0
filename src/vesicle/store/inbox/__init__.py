"""The inbox in a database."""

from vesicle.store.inbox.sql import SqlInbox

__all__ = ["SqlInbox"]
