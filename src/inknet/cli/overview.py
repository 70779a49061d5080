"""The first page of the help, ``inknet --help``: every command in a line, in groups."""

from itertools import groupby
from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

__all__ = ["Overview"]


class Overview(TyperGroup):
    """The command that has all others, whose page is plain text.

    Rich's tables, which the others have, take longer to load than all else that this page needs together.
    """

    def format_help(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the page as `TyperGroup` does where there is no Rich."""
        super(TyperGroup, self).format_help(ctx, formatter)

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:  # noqa: ARG002
        """Write each command with the whole first sentence of its help, under the name of its group."""
        commands = [command for command in self.commands.values() if isinstance(command, TyperCommand)]
        width = max(map(len, self.commands))
        for group, members in groupby(commands, key=lambda command: command.rich_help_panel):
            with formatter.section(group or "Commands"):
                formatter.write_dl(
                    [(f"{member.name:{width}}", member.get_short_help_str(limit=200)) for member in members]
                )
