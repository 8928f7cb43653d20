"""The exception whose message is shown to users."""


class UserError(Exception):
    """A problem that the user can solve. The message says what happened, to what, and what to do next."""
