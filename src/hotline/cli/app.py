"""The typer application: the groups of commands, and the one place where an error becomes words and an exit status."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hotline import SPEC_VERSION
from hotline.cli.output import show
from hotline.cli.results import CALL_IS_WRONG, DOES_NOT_HOLD, HOLDS, NotHeldError, Problem, Result
from hotline.installed import package_version
from hotline.protocol.errors import HotlineError, PeerDataError

# typer keeps its own copy of click under a private name; this is click's UsageError, whichever copy it is.
_WrongCall: type[Any] = typer.BadParameter.__mro__[1]
_INTERRUPTED = 130
# A command that shows how it goes takes this argument, to keep standard output for the JSON object.
_KNOWS_JSON = "as_json"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


class Commands(TyperGroup):
    """The root of all commands."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> None:
        """Run one command, print what it found, and leave with the exit status."""
        words = sys.argv[1:] if args is None else list(args)
        if isinstance(sys.stdout, TextIOWrapper):
            # A name that is not UTF-8, or a terminal that is not: shown escaped, in a form that JSON reads too.
            sys.stdout.reconfigure(errors="backslashreplace")
        as_json = "--json" in words
        try:
            result, status = self._run(words or ["--help"], prog_name or "hotline")
            if result is not None:
                show(result, as_json=as_json)
        except BrokenPipeError:
            # Whoever read our output has gone; the interpreter would complain once more when it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = DOES_NOT_HOLD
        sys.exit(status)

    def _run(self, words: list[str], name: str) -> tuple[Result | None, int]:
        try:
            found = super().main(words, name, standalone_mode=False)
        except NotHeldError as error:
            return error.problem, DOES_NOT_HOLD
        except HotlineError as error:
            status = DOES_NOT_HOLD if isinstance(error, PeerDataError) else CALL_IS_WRONG
            return Problem(code=error.code, detail=error.detail), status
        except typer.Abort:
            return None, _INTERRUPTED
        except _WrongCall as error:
            return Problem(code="USAGE", detail=_words(error)), CALL_IS_WRONG
        if isinstance(found, Result):
            return found, HOLDS if found.ok else DOES_NOT_HOLD
        # --help and the like leave with a plain status.
        return None, found if isinstance(found, int) else HOLDS


def _words(error: Any) -> str:
    """What is wrong with a call, and how to ask for help."""
    path = error.ctx.command_path if error.ctx else "hotline"
    return f"{error.format_message()}\nTry: {path} --help"


def group(name: str, words: str, parent: typer.Typer | None = None) -> typer.Typer:
    """A group of commands."""
    found = typer.Typer(name=name, help=words, rich_markup_mode=None)
    (app if parent is None else parent).add_typer(found)
    return found


def command(home: typer.Typer, name: str, *examples: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Register a function as a command: its help ends with the examples, and it takes ``--json``."""

    def register(work: Callable[..., Result]) -> Callable[..., Result]:
        signature = inspect.signature(work, eval_str=True)
        wants_to_know = _KNOWS_JSON in signature.parameters
        asked = inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)
        taken = [*(part for name, part in signature.parameters.items() if name != _KNOWS_JSON), asked]

        @wraps(work)
        def run(json: bool, **given: Any) -> Result:
            return work(**given, **({_KNOWS_JSON: json} if wants_to_know else {}))

        run.__signature__ = signature.replace(parameters=taken)  # type: ignore[attr-defined]  # read by inspect
        run.__annotations__ = {part.name: part.annotation for part in taken}
        shown = "\n".join(f"  {example}" for example in examples)
        words = f"{inspect.cleandoc(work.__doc__ or '')}\n\n\b\nExample:\n{shown}"
        home.command(name, help=words)(run)
        return work

    return register


app = typer.Typer(
    name="hotline",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"hotline {package_version()}, specification {SPEC_VERSION}\n")
        raise typer.Exit


@app.callback()
def _root(
    version_wanted: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Crisis communication between militaries: keys, agreements, nodes, messages, evidence, simulation."""
