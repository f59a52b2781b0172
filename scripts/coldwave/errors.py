"""The errors that a user can mend."""


class InputError(ValueError):
    """Something handed in by the user is wrong: a file, a line, a key.

    Its message says what is wrong, where, and what to do about it. It is shown without a traceback.
    """
