"""The commands of a trace, one pattern each."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.traces import forging, office, proofs, views
from tests.traces.words import Options, parts, quoted, span_ns
from tests.traces.world import World

from hotline import v1
from hotline.protocol.instant import NS_PER_S

Command = Callable[[World, re.Match[str], Options], "list[str] | None"]
_COMMANDS: list[tuple[re.Pattern[str], Command]] = []


def command(pattern: str) -> Callable[[Command], Command]:
    """The function that carries out commands of this form."""

    def note(function: Command) -> Command:
        _COMMANDS.append((re.compile(pattern), function))
        return function

    return note


def perform(world: World, words: str) -> list[str]:
    """Carry out one command; what came of it, line by line."""
    main, options = parts(words)
    for pattern, function in _COMMANDS:
        found = pattern.fullmatch(main)
        if found is not None:
            shown = function(world, found, options) or []
            options.done()
            return [*world.told, *shown]
    raise ValueError(f"no such command: {words!r}")


# -- before anything is said ----------------------------------------------------------------------------------------


@command(r"party (?P<party>\S+)")
def _party(world: World, words: re.Match[str], options: Options) -> None:
    world.office.found(
        words["party"],
        int(options.take("roots", "1")),
        int(options.take("threshold", "1")),
        options.take("member").removeprefix("of "),
    )


@command(r"post (?P<post>\S+)")
def _post(world: World, words: re.Match[str], options: Options) -> None:
    officers = dict(found.split("=") for found in options.take("officers").split()) or office.ROLES
    fields: dict[str, object] = {
        "hours": office.hours(options.take("hours").split()),
        "alternates": options.take("alternates").split(),
        "superior": options.take("superior"),
        "level": v1.Level.Value(f"LEVEL_{options.take('level', 'OPERATING')}"),
        "function": v1.Post.Function.Value(f"FUNCTION_{options.take('function', 'OPERATING')}"),
    }
    if address := options.take("telephone"):
        fields["other_channels"] = [v1.OtherChannel(medium=v1.MEDIUM_TELEPHONE, address=quoted(address))]
    world.office.open_post(words["post"], officers, **fields)


@command(r"agreed: (?P<post>\S+) answers for (?P<other>\S+)")
def _answers_for(world: World, words: re.Match[str], options: Options) -> None:
    types = [f"hotline.v1.{name}" for name in options.take("about").split()]
    world.office.answers_for.append(v1.AnswersFor(post=words["post"], for_post=words["other"], types=types))


@command(r"agreed: (?P<type>[A-Za-z]+) needs level (?P<level>[A-Z]+)")
def _level(world: World, words: re.Match[str], options: Options) -> None:
    world.office.levels[words["type"]] = v1.Level.Value(f"LEVEL_{words['level']}")


@command(
    r"delegated at (?P<post>\S+): (?P<role>[a-z-]+) of (?P<lender>\S+) to (?P<person>\S+) for (?P<span>[0-9]+ [a-z]+)"
)
def _delegate(world: World, words: re.Match[str], options: Options) -> None:
    world.office.delegate(
        world.post(words["post"]), words["role"], words["lender"], words["person"], span_ns(words["span"])
    )


@command(r"agreed: a test of the line every (?P<span>.+)")
def _test_every(world: World, words: re.Match[str], options: Options) -> None:
    world.office.line.test_every.FromNanoseconds(span_ns(words["span"]))


@command(r"agreed: people read a test at (?P<times>[0-9: ]+)")
def _watch_tests(world: World, words: re.Match[str], options: Options) -> None:
    for hour, minute in (time.split(":") for time in words["times"].split()):
        world.office.line.watch_tests.add(seconds=3600 * int(hour) + 60 * int(minute))


# -- lines and time -------------------------------------------------------------------------------------------------


@command(r"connect(?: (?P<one>\S+) (?P<other>\S+))?")
def _connect(world: World, words: re.Match[str], options: Options) -> None:
    world.net.connect(*([world.post(words["one"]), world.post(words["other"])] if words["one"] else []))


@command(r"cut(?: (?P<one>\S+) (?P<other>\S+))?")
def _cut(world: World, words: re.Match[str], options: Options) -> None:
    world.net.disconnect(*([world.post(words["one"]), world.post(words["other"])] if words["one"] else []))


@command(r"go (?P<span>[0-9.]+ [a-z]+)")
def _go(world: World, words: re.Match[str], options: Options) -> None:
    world.net.go(span_ns(words["span"]) / NS_PER_S)


@command(r"go to (?P<hours>[0-9]+):(?P<minutes>[0-9]+)")
def _go_to(world: World, words: re.Match[str], options: Options) -> None:
    until_ns = (3600 * int(words["hours"]) + 60 * int(words["minutes"])) * NS_PER_S
    world.net.go((office.START.utc_ns + until_ns - world.net.now.utc_ns) / NS_PER_S)


@command(r"the clock of (?P<post>\S+) is (?P<span>.+) (?P<way>fast|slow)")
def _clock(world: World, words: re.Match[str], options: Options) -> None:
    sign = 1 if words["way"] == "fast" else -1
    world.net.ahead_ns[world.post(words["post"])] = sign * span_ns(words["span"])


# -- faults ---------------------------------------------------------------------------------------------------------


@command(r"lose (?P<count>everything|the next) from (?P<post>\S+)")
def _lose(world: World, words: re.Match[str], options: Options) -> None:
    losing, left = world.post(words["post"]), [1 if words["count"] == "the next" else -1]

    def tap(sender: str, receiver: str, frame: bytes) -> bytes | None:
        if sender != losing or not left[0]:
            return frame
        left[0] -= 1
        return None

    world.net.tap = tap


@command(r"lose the next(?: (?P<count>[0-9]+))? statements? from (?P<post>\S+)")
def _lose_statements(world: World, words: re.Match[str], options: Options) -> None:
    forging.lose_statements(world, world.post(words["post"]), int(words["count"] or 1))


@command(r"lose nothing")
def _lose_nothing(world: World, words: re.Match[str], options: Options) -> None:
    world.net.tap = None


@command(r"(?P<post>\S+) restarts")
def _restart(world: World, words: re.Match[str], options: Options) -> None:
    world.restart(world.post(words["post"]))


@command(r"backup (?P<post>\S+)")
def _backup(world: World, words: re.Match[str], options: Options) -> None:
    post = world.post(words["post"])
    world.backups[post] = list(world.net.journal(post))


@command(r"restore (?P<post>\S+) from its backup")
def _restore(world: World, words: re.Match[str], options: Options) -> None:
    post = world.post(words["post"])
    world.net.desks[post].journal[:] = world.backups[post]
    world.restart(post)


# -- people ---------------------------------------------------------------------------------------------------------


@command(r"(?P<post>\S+) says (?P<words>.+)")
def _say(world: World, words: re.Match[str], options: Options) -> list[str]:
    return world.say(words["post"], words["words"], options)


@command(r"(?P<post>\S+) staffs (?P<position>\S+)")
def _staff(world: World, words: re.Match[str], options: Options) -> None:
    post = world.post(words["post"])
    world.net[post].staff(words["position"], True, world.net.at(post))


@command(r"(?P<post>\S+) leaves (?P<position>\S+)")
def _leave(world: World, words: re.Match[str], options: Options) -> None:
    post = world.post(words["post"])
    world.net[post].staff(words["position"], False, world.net.at(post))


@command(r"(?P<post>\S+) presents (?P<ref>\S+) at (?P<position>\S+)")
def _present(world: World, words: re.Match[str], options: Options) -> None:
    post = world.post(words["post"])
    world.net[post].present(world.names.find(words["ref"]), words["position"], world.net.at(post))


# -- what is seen ---------------------------------------------------------------------------------------------------


@command(r"view (?P<ref>\S+) at (?P<post>\S+)")
def _view(world: World, words: re.Match[str], options: Options) -> list[str]:
    return views.message(world, world.names.find(words["ref"]), world.post(words["post"]))


@command(r"show (?P<ref>\S+) at (?P<post>\S+): (?P<fields>.+)")
def _show(world: World, words: re.Match[str], options: Options) -> list[str]:
    return views.words(world, world.names.find(words["ref"]), world.post(words["post"]), words["fields"])


@command(r"logs at (?P<post>\S+)")
def _logs(world: World, words: re.Match[str], options: Options) -> list[str]:
    return views.logs(world, world.post(words["post"]))


@command(r"line at (?P<post>\S+)")
def _line(world: World, words: re.Match[str], options: Options) -> list[str]:
    return views.line(world, world.post(words["post"]))


@command(r"beats at (?P<post>\S+)")
def _beats(world: World, words: re.Match[str], options: Options) -> list[str]:
    return views.beats(world, world.post(words["post"]))


@command(r"transcript of (?P<post>\S+)")
def _transcript(world: World, words: re.Match[str], options: Options) -> list[str]:
    return proofs.transcript(world, world.post(words["post"]))


@command(r"compare (?P<one>\S+) and (?P<other>\S+)")
def _compare(world: World, words: re.Match[str], options: Options) -> list[str]:
    return proofs.comparison(world, world.post(words["one"]), world.post(words["other"]))


# -- those who are not honest ---------------------------------------------------------------------------------------


@command(r"a byte of the next statement from (?P<post>\S+) is changed on the way")
def _tamper(world: World, words: re.Match[str], options: Options) -> None:
    forging.tamper(world, world.post(words["post"]))


@command(r"a stranger says for (?P<post>\S+): (?P<words>.+)")
def _stranger(world: World, words: re.Match[str], options: Options) -> None:
    forging.by_a_stranger(world, world.post(words["post"]), words["words"], options)


@command(r"the node of (?P<post>\S+) alone says (?P<words>.+)")
def _node_alone(world: World, words: re.Match[str], options: Options) -> None:
    forging.by_its_node(world, world.post(words["post"]), words["words"], options)
