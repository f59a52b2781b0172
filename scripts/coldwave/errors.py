"""The errors that the user can fix."""


class InputError(ValueError):
    """Something that the user provided is wrong: a file, a line, a key.

    The message says what is wrong, where, and what to do. It is shown without a traceback.
    """
