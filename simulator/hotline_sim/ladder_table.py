"""The table of messages on the live terminal: who said what to whom, and each stage against its deadline."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from hotline_sim.outcome import MessageOutcome, Picture, StageOutcome
from hotline_sim.words import M_PER_NMI, nmi

STAGES = ("DELIVERED", "PRESENTED", "READ", "DECIDED", "DONE")
_PRECEDENCE = {"FLASH": "bold white on red", "IMMEDIATE": "bold yellow", "PRIORITY": "bold", "ROUTINE": ""}
_VERDICT = {"IN_TIME": ("✓", "green"), "LATE": ("◔", "yellow"), "EXPIRED": ("✗", "bold red"), "": ("·", "")}


def ladder_table(seen: Picture) -> Table:
    """Each message in two lines; each stage: time and range when it was said, its deadline beneath."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=18, no_wrap=True)
    table.add_column(width=9, no_wrap=True)
    for _ in STAGES:
        table.add_column(ratio=1, min_width=12, no_wrap=True)
    table.add_row(*(Text(head, style="dim") for head in (" message", "sent", *STAGES)))
    for message in seen.messages:
        if message.said_ms is not None:
            table.add_row(*_row(seen, message))
    return table


def _row(seen: Picture, message: MessageOutcome) -> list[Text]:
    sides = f"{_party(message.sender)}→{','.join(map(_party, message.action))}"
    name = Text.assemble(
        (f" {message.id} ", "bold"), message.type[:14], "\n ", (message.precedence, _PRECEDENCE[message.precedence])
    )
    sent = Text.assemble(_minutes(message.said_ms or 0), (f"\n{nmi(message.range_m)}", "dim"))
    stages = (_cell(seen.run.now_ms, message.stage(stage)) for stage in STAGES)
    return [name.append(f" {sides}", style="dim"), sent, *stages]


def _cell(now_ms: int, stage: StageOutcome | None) -> Text:
    """``✓ 01:27 6.64`` over ``by 31:00``; while it is waited for, what is left."""
    if stage is None:
        return Text()
    limit = "" if stage.deadline_ms is None else f"by {_minutes(stage.deadline_ms)}"
    if stage.said_ms is None:
        return _silence(now_ms, stage, limit)
    sign, style = _VERDICT.get(stage.verdict, ("✓", ""))
    range_nmi = "" if stage.range_m is None else f" {stage.range_m / M_PER_NMI:.2f}"
    said = Text.assemble((f"{sign} {_minutes(stage.said_ms)}", style), (range_nmi, "dim"), "\n")
    if "CONTRADICTED" in stage.marks:
        return said.append("✗ contradicted", style="bold red")
    if stage.value in (stage.stage, "RECEIVED", "ACCEPTED"):
        return said.append(limit, style="dim")
    return said.append(stage.value.replace("_", " ").lower(), style="yellow")


def _silence(now_ms: int, stage: StageOutcome, limit: str) -> Text:
    if stage.deadline_ms is None:
        return Text()
    if stage.verdict == "EXPIRED":
        return Text.assemble(("✗ expired", "bold red"), (f"\n{limit}", "dim"))
    left = f"… {_minutes(max(0, stage.deadline_ms - now_ms))} left"
    return Text.assemble((left, "cyan"), (f"\n{limit}", "dim"))


def _party(post: str) -> str:
    return post.rpartition(":")[0]


def _minutes(time_ms: int) -> str:
    """Minutes and seconds, ``121:00``: short enough for a cell."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    return f"{minutes:02d}:{seconds:02d}"
