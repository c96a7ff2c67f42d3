"""The chain: words and orders on their way between people, each with its delay, its chance and its author. Pure.

An order is decided, approved where that is needed, carried to the crew, obeyed or not, and taken up at the helm; words
are said, carried by their bearer, heard or not, and understood or not. Every draw has a stream of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hotline_sim.draw import Stream
from hotline_sim.encounter.deeds import in_words, lost_link
from hotline_sim.encounter.log import Happening
from hotline_sim.encounter.sea import Sea
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.crew import Bearer, Crew
from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.injects import Inject
from hotline_sim.scenario.orders import Close, CrossAhead, Leave, Order, Pass, Shadow, Use, Word
from hotline_sim.scenario.triggers import Condition, Trigger

Then = Callable[[int], None]
# What a crew does not do of its own accord once its post has ordered something else.
_APPROACHES = (Close, CrossAhead, Pass, Shadow)
_DECIDED_MS = 60_000  # a post that has no reaction for DECIDED


class Clock(Protocol):
    """What the chain needs of the director."""

    def at(self, at_ms: int, then: Then) -> None:
        """Go on at a time."""

    def await_(self, trigger: Trigger, observer: str, then: Then) -> None:
        """Go on when something happens, as `observer` learns it."""

    def holds(self, condition: Condition, observer: str) -> bool:
        """Whether something has happened, as far as `observer` has learned."""

    def occurs(self, fact: tuple[str, ...], at_ms: int) -> None:
        """Something has happened."""

    def there(self, post: str, at_ms: int, then: Then) -> None:
        """Go on when somebody is at a post."""


class Chain:
    """Words and orders of one run."""

    def __init__(self, scenario: Scenario, seed: int, sea: Sea, clock: Clock, log: list[Happening]) -> None:
        self._scenario, self._seed, self._sea, self._clock, self._log = scenario, seed, sea, clock, log
        self._under_orders: set[str] = set()

    def begin(self) -> None:
        """Wait for what sets off each word and order."""
        for name, word in self._scenario.words.items():
            self._expect_word(name, word)
        for name, order in self._scenario.orders.items():
            self._expect_order(name, order)
        for name, inject in self._scenario.injects.items():
            self._expect_inject(name, inject)
        for unit, held in self._scenario.units.items():
            for outage in held.control.outages if held.control else ():
                self._lose_link(unit, outage.from_ms, outage.until_ms)

    # -- words ---------------------------------------------------------------------------------------------

    def _expect_word(self, name: str, word: Word) -> None:
        observer = self._observer(word.from_party)

        def prompted(at_ms: int) -> None:
            if self._is_on(name, word, observer):
                self._after(
                    at_ms, word.after, f"word {name}", word.from_party, lambda due_ms: self._say(name, word, due_ms)
                )

        self._clock.await_(word.when, observer, prompted)

    def _say(self, name: str, word: Word, at_ms: int) -> None:
        if self._is_barred(word, word.from_party):
            return
        by = f" by {word.by}" if word.by else ""
        self._note(at_ms, word.from_party, "word", "SAID", name, f'to {self._called(word.to)}{by}: "{word.says}"')
        self._clock.occurs(("word", name, "SAID"), at_ms)
        bearer = self._scenario.bearers[word.by] if word.by else None
        self._carry(
            f"word {name}", bearer, at_ms, lambda due_ms: self._heard(name, word, due_ms), self._unheard(name, word)
        )

    def _unheard(self, name: str, word: Word, why: str = "no answer") -> Then:
        def gives_up(at_ms: int) -> None:
            self._note(at_ms, word.to, "word", "UNHEARD", name, f"from {self._called(word.from_party)}: {why}")
            self._clock.occurs(("word", name, "UNHEARD"), at_ms)

        return gives_up

    def _heard(self, name: str, word: Word, at_ms: int) -> None:
        """Whoever is there hears it, in a language they understand or after a translation."""
        if word.to in self._scenario.posts:
            self._clock.there(word.to, at_ms, lambda due_ms: self._understand(name, word, due_ms))
        elif self._crew(word.to) is None:
            self._unheard(name, word, "nobody is aboard to hear it")(at_ms)
        else:
            self._understand(name, word, at_ms)

    def _understand(self, name: str, word: Word, at_ms: int) -> None:
        languages, translation = self._languages(word.to)
        if not languages or word.language in languages:
            self._take_in(name, word, at_ms)
        elif translation is None:
            self._unheard(name, word, "not understood")(at_ms)
        else:
            purpose = f"translate {name}"
            self._after(at_ms, translation, purpose, word.to, lambda due_ms: self._take_in(name, word, due_ms))

    def _take_in(self, name: str, word: Word, at_ms: int) -> None:
        self._note(at_ms, word.to, "word", "HEARD", name, f"from {self._called(word.from_party)}")
        self._clock.occurs(("word", name, "HEARD"), at_ms)

    def _carry(
        self, purpose: str, bearer: Bearer | None, at_ms: int, arrives: Then, fails: Then, tried: int = 1
    ) -> None:
        """Over a bearer: it takes its time, and is tried again where it is not heard."""
        if bearer is None:
            self._clock.at(at_ms, arrives)
            return
        stream = Stream(self._seed, f"{purpose} try {tried}")
        is_heard, takes_ms = stream.happens(bearer.heard), self._scenario.delay_ms(bearer.takes, stream)
        if is_heard:
            self._clock.at(at_ms + takes_ms, arrives)
            return
        again_ms = at_ms + takes_ms + self._scenario.delay_ms(bearer.again_after, stream)
        if tried == bearer.tries:
            self._clock.at(again_ms, fails)
        else:
            self._clock.at(again_ms, lambda due: self._carry(purpose, bearer, due, arrives, fails, tried + 1))

    # -- injects -------------------------------------------------------------------------------------------

    def _expect_inject(self, name: str, inject: Inject) -> None:
        """Exercise control is always there, and brings it in whoever is at the post."""

        def is_barred() -> bool:
            return any(self._clock.holds(condition, inject.to) for condition in inject.unless)

        def brings(at_ms: int) -> None:
            if is_barred():
                return
            role = f", {inject.role}" if inject.role else ""
            hidden = ", hidden" if inject.hidden else ""
            by = f" by {inject.by}" if inject.by else ""
            words = f'from {inject.from_role}{by}{role}{hidden}: "{inject.says}"'
            self._note(at_ms, inject.to, "inject", "INJECT", name, words)
            self._clock.occurs(("inject", name), at_ms)

        def prompted(at_ms: int) -> None:
            if all(self._clock.holds(condition, inject.to) for condition in inject.only_if) and not is_barred():
                delay_ms = self._scenario.delay_ms(inject.after, Stream(self._seed, f"inject {name}"))
                self._clock.at(at_ms + delay_ms, brings)

        self._clock.await_(inject.when, inject.to, prompted)

    # -- orders --------------------------------------------------------------------------------------------

    def _expect_order(self, name: str, order: Order) -> None:
        observer = self._observer(order.by)

        def prompted(at_ms: int) -> None:
            if self._is_on(name, order, observer):
                then = self._ask_leave if order.approved_by else self._give
                self._after(at_ms, order.after, f"order {name}", order.by, lambda due_ms: then(name, order, due_ms))

        self._clock.await_(order.when, observer, prompted)

    def _ask_leave(self, name: str, order: Order, at_ms: int) -> None:
        """A report up, a decision, and the way back."""
        post, bearer = order.approved_by or "", self._bearer(order.to)
        delay = self._scenario.posts[post].reaction.get("DECIDED", _DECIDED_MS)

        def never(due_ms: int) -> None:
            self._note(due_ms, order.to, "order", "REFUSED", name, f"no leave from {post}: it was not reached")
            self._clock.occurs(("order", name, "REFUSED"), due_ms)

        def decided(due_ms: int) -> None:
            self._carry(f"leave {name}", bearer, due_ms, lambda t: self._give(name, order, t), never)

        def asked(due_ms: int) -> None:
            self._clock.there(post, due_ms, lambda t: self._after(t, delay, f"approve {name}", post, decided))

        self._carry(f"ask {name}", bearer, at_ms, asked, never)

    def _give(self, name: str, order: Order, at_ms: int) -> None:
        if self._is_barred(order, order.by):
            return
        by_crew = order.by == order.to
        if not by_crew:
            self._note(
                at_ms,
                order.by,
                "order",
                "GIVEN",
                name,
                f"to {self._called(order.to)}: {in_words(self._scenario, order)}",
            )
        self._clock.occurs(("order", name, "GIVEN"), at_ms)
        if by_crew:
            self._obey(name, order, at_ms)
            return

        def never(due_ms: int) -> None:
            self._note(due_ms, order.to, "order", "UNHEARD", name, f"from {order.by}: not heard aboard")

        self._carry(f"carry {name}", self._bearer(order.to), at_ms, lambda t: self._hear(name, order, t), never)

    def _hear(self, name: str, order: Order, at_ms: int) -> None:
        """The crew has it, perhaps only when it is said once more, and obeys or not."""
        crew = self._crew(order.to)
        if crew is not None and Stream(self._seed, f"mishear {name}").happens(crew.mishears):
            again = self._bearer(order.to)
            takes_ms = self._scenario.delay_ms(again.takes, Stream(self._seed, f"repeat {name}")) if again else 0
            self._clock.at(at_ms + 2 * takes_ms, lambda due_ms: self._has(name, order, crew, due_ms))
        else:
            self._has(name, order, crew, at_ms)

    def _has(self, name: str, order: Order, crew: Crew | None, at_ms: int) -> None:
        self._note(at_ms, order.to, "order", "HEARD", name, f"from {order.by}")
        self._clock.occurs(("order", name, "HEARD"), at_ms)
        if crew is None or Stream(self._seed, f"obey {name}").happens(crew.obeys):
            self._obey(name, order, at_ms)
            return
        self._note(at_ms, order.to, "order", "REFUSED", name, in_words(self._scenario, order))
        self._clock.occurs(("order", name, "REFUSED"), at_ms)

    def _obey(self, name: str, order: Order, at_ms: int) -> None:
        crew, control = self._crew(order.to), self._scenario.units[order.to].control
        if control is not None:
            at_ms += self._scenario.delay_ms(control.lag, Stream(self._seed, f"lag {name}"))
        self._after(
            at_ms,
            crew.reaction if crew else 0,
            f"react {name}",
            order.to,
            lambda due_ms: self._take_up(name, order, due_ms),
        )

    def _take_up(self, name: str, order: Order, at_ms: int) -> None:
        """At the helm; an uncrewed craft hears nothing while its link is lost."""
        if self._is_barred(order, order.by):
            return
        if order.by == order.to and order.to in self._under_orders and isinstance(order.behaviour, _APPROACHES):
            self._note(at_ms, order.to, "order", "DROPPED", name, "an order of the post stands")
            return
        if order.by != order.to:
            self._under_orders.add(order.to)
        if not self._sea.is_here(order.to):
            self._note(at_ms, order.to, "order", "DROPPED", name, "it is not in the picture")
            return
        control = self._scenario.units[order.to].control
        lost = next((o for o in control.outages if o.holds(at_ms)), None) if control else None
        if lost is not None:
            self._clock.at(lost.until_ms, lambda due_ms: self._take_up(name, order, due_ms))
            return
        behaviour = order.behaviour
        is_at_once = isinstance(behaviour, Use | Leave)
        self._note(
            at_ms,
            order.to,
            "order",
            "USED" if isinstance(behaviour, Use) else "OBEYED",
            name,
            in_words(self._scenario, order),
        )
        self._sea.order(order.to, name, behaviour, at_ms)
        self._clock.occurs(("order", name, "OBEYED"), at_ms)
        if is_at_once:
            self._clock.occurs(("order", name, "DONE"), at_ms)

    # -- uncrewed craft --------------------------------------------------------------------------------------

    def _lose_link(self, unit: str, from_ms: int, until_ms: int) -> None:
        held = self._scenario.units[unit].control
        assert held is not None, "only craft with a control link lose it"

        def falls_back(at_ms: int) -> None:
            if at_ms < until_ms:
                self._note(at_ms, unit, "control", "LINK_LOST", held.lost_link, f"does by itself: {held.lost_link}")
                behaviour = lost_link(self._scenario, unit)
                if behaviour is not None:
                    self._sea.order(unit, "", behaviour, at_ms)

        def loses(at_ms: int) -> None:
            self._after(at_ms, held.lost_after, f"link {unit} {from_ms}", "", falls_back)

        self._clock.at(from_ms, loses)
        self._clock.at(
            until_ms, lambda at_ms: self._note(at_ms, unit, "control", "LINK_BACK", "", "hears its operator")
        )

    # -- people ----------------------------------------------------------------------------------------------

    def _is_on(self, name: str, prompted: Word | Order, observer: str) -> bool:
        holds = all(self._clock.holds(condition, observer) for condition in prompted.only_if)
        return (
            holds
            and not self._is_barred(prompted, observer)
            and Stream(self._seed, f"chance {name}").happens(prompted.chance)
        )

    def _is_barred(self, prompted: Word | Order, by: str) -> bool:
        """Asked again before anything is done about it: people hear of things while they decide."""
        observer = self._observer(by) if by in self._scenario.units else by
        return any(self._clock.holds(condition, observer) for condition in prompted.unless)

    def _after(self, at_ms: int, delay: DelayRef, purpose: str, who: str, then: Then) -> None:
        """After a delay that people's watch may stretch; at a post, when somebody is there."""
        delay_ms = self._scenario.delay_ms(delay, Stream(self._seed, purpose))
        due_ms = at_ms + round(delay_ms * self._scenario.pace(who, at_ms))
        if who in self._scenario.posts:
            self._clock.at(due_ms, lambda now_ms: self._clock.there(who, now_ms, then))
        else:
            self._clock.at(due_ms, then)

    def _crew(self, unit: str) -> Crew | None:
        return self._scenario.units[unit].crew

    def _bearer(self, unit: str) -> Bearer | None:
        crew = self._crew(unit)
        return self._scenario.bearers[crew.by] if crew and crew.by else None

    def _observer(self, party: str) -> str:
        """The post whose node somebody can look at: its own, or that of the unit's post."""
        if party in self._scenario.posts:
            return party
        crew = self._crew(party)
        return (crew.post or "") if crew else ""

    def _languages(self, party: str) -> tuple[tuple[str, ...], DelayRef | None]:
        if party in self._scenario.posts:
            post = self._scenario.posts[party]
            return post.languages, post.translation
        crew = self._crew(party)
        return (crew.languages, crew.translation) if crew else ((), None)

    def _called(self, party: str) -> str:
        return self._scenario.units[party].name if party in self._scenario.units else party

    def _note(self, at_ms: int, who: str, kind: str, what: str, subject: str, words: str) -> None:
        self._log.append(Happening(at_ms, who, kind, what, subject, words))
