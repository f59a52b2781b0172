"""A logger plugin for Snakemake that shows one line for each job; profiles/default names it.

Snakemake finds a plugin by its package's name. Snakemake's own log file, under .snakemake/log, has all details.
"""

import sys
from logging import LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase

from snakemake_logger_plugin_coldwave.story import Story


class LogHandler(LogHandlerBase):
    """Writes the lines of a `Story`. Leaves the screen to Snakemake if the user asks for more or less."""

    def __post_init__(self) -> None:
        """Begin the story."""
        asked = self.common_settings
        self._silent = bool(asked.verbose or asked.debug_dag or asked.printshellcmds or asked.quiet)
        self._stream = sys.stdout if asked.stdout else sys.stderr
        self._story = Story(asked.dryrun, sys.argv[1:])

    def emit(self, record: LogRecord) -> None:
        """Write the lines about a record."""
        try:
            self._write(self._story.lines(record))
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Write how the run ended. Snakemake calls it more than once."""
        self._write(self._story.end())
        super().close()

    def _write(self, lines: list[str]) -> None:
        if lines and not self._silent:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()

    @property
    def writes_to_stream(self) -> bool:
        """Whether Snakemake leaves the screen to this plugin."""
        return not self._silent

    @property
    def writes_to_file(self) -> bool:
        """Whether the plugin writes a file: it does not."""
        return False

    @property
    def has_filter(self) -> bool:
        """Whether the plugin chooses what to show: it does."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Whether the plugin formats messages: it does."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """Whether the plugin needs the graph of rules: it does not."""
        return False
