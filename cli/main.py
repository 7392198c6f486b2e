"""`kuasheng`: the command. A group's module is imported when it is used, so help stays instant."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import Any, NamedTuple

import typer
from typer.core import CompletionItem, TyperGroup  # type: ignore[attr-defined] # its only home
from typer.main import get_command, get_group

from engine.exit import leave
from errors import KuashengError


class Part(NamedTuple):
    """A command or group: what stands under `attribute` of `module`, and its one line of help."""

    module: str
    help: str
    attribute: str = "app"


PARTS: dict[str, Part] = {
    "matters": Part("cli.matters", "The catalogue: list, show, lint and plan matters (事项)."),
    "case": Part("cli.case", "Start, inspect and decide cases (办件)."),
    "calendar": Part("cli.calendar", "Working days (工作日) and time limits (时限)."),
    "up": Part("cli.stack", "Run the embedded stack in the foreground.", "up"),
    "demo": Part("cli.demo", "Drive three cross-province cases on an ephemeral stack.", "demo"),
}
"""All commands. A typer app is a group, a function is a command by itself."""


class Lazy(TyperGroup):
    """A group that knows its commands from `PARTS` and imports only the one that is run."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # noqa: ARG002
        """Return the names, in the order of the table."""
        return list(PARTS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override] # noqa: ARG002
        """Import and return one command."""
        part = PARTS.get(cmd_name)
        if part is None:
            return None
        found = getattr(importlib.import_module(part.module), part.attribute)
        if isinstance(found, typer.Typer):
            return get_group(found)
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cmd_name)(found)
        return get_command(alone)

    def shell_complete(self, ctx: typer.Context, incomplete: str) -> list[Any]:  # type: ignore[override] # noqa: ARG002
        """Complete a command's name from the table: a shell does not wait for imports."""
        return [
            CompletionItem(name, help=part.help)
            for name, part in PARTS.items()
            if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override] # noqa: ARG002
        """Write the help's list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, part.help) for name, part in PARTS.items()])


app = typer.Typer(
    cls=Lazy,
    name="kuasheng",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root() -> None:
    """跨省通办: run government matters across provinces.

    Example: kuasheng matters show 2021-02
    """


def run(args: list[str]) -> int:
    """Run one command line; return the exit code.

    0 is well, 1 a finding or a failed demo, 2 a mistake in what was asked, 130 Ctrl-C.
    """
    try:
        code = get_command(app).main(args, prog_name="kuasheng", standalone_mode=False)
    except KuashengError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except typer.TyperException as error:
        return _usage(error)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    return code if isinstance(code, int) else 0


def _usage(error: typer.TyperException) -> int:
    """Say on one line what is wrong with the command line; without any words show the help."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        print(context.get_help())
        return 2
    message = error.format_message().replace("\n", " ")
    where = f"; see `{context.command_path} --help`" if context is not None else ""
    print(f"error: {message}{where}", file=sys.stderr)
    return 2


def main() -> None:
    """Entry point of `kuasheng`."""
    try:
        code = run(sys.argv[1:])
    except SystemExit as exit_:  # shell completion ends this way
        code = exit_.code if isinstance(exit_.code, int) else 1
    except Exception:  # noqa: BLE001 - a mistake of ours: show it whole, then leave as always
        traceback.print_exc()
        code = 1
    leave(code)


if __name__ == "__main__":
    main()
