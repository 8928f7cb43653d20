"""The one exception that users see as a sentence."""


class UserError(Exception):
    """Something a user can put right: its message says what happened, to what, and what to do next."""
