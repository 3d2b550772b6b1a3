"""What a file in words/ offers, as ``WORD``: its options, and either what
it reads and plans, or how it converges by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Union

from .errors import Unasked
from .host import Host, Request, Seen
from .loss import ACCEPT, accepted
from .operations import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

Params = Mapping[str, Any]
Spec = Dict[str, Any]


@dataclass(frozen=True)
class Planned:
    """A word of two pure functions: what it wants to see of a host, and what it would do to it."""

    spec: Spec
    reads: "Callable[[Params, Seen], Iterable[Request]]"
    plan: "Callable[[Params, Seen], Plan]"

    def validate(self, params: Params) -> None:
        """Refuses (BadInput) what is refused whatever the host is like; asks nobody."""
        accepted(params.get("accept") or ())
        try:
            for _ in self.reads(params, Seen()):
                pass
        except Unasked:  # from here on it depends on the host
            pass


def _anything(params: Params) -> None:
    """Nothing is refused beyond the options' types."""


@dataclass(frozen=True)
class Alone:
    """A word that does not plan: it judges, reports, restarts, or looks from outside. ``converge`` gives the task's
    result; ``validate`` is that of ``Planned``, which ``converge`` calls itself.

    ``on_controller``: it has nothing to do on the host, whatever ``mailhost_execution`` is."""

    spec: Spec
    converge: "Callable[[Params, Host, bool], Dict[str, Any]]"
    validate: "Callable[[Params], None]" = _anything
    on_controller: bool = False


Word = Union[Planned, Alone]
#: how long a change may take
BOUNDS: Spec = {
    "lock_timeout": {"type": "int", "default": 60},
    "confirm_timeout": {"type": "int", "default": 600},
}
#: the options of every word that changes something towards what the inventory says
OPTIONS: Spec = {**BOUNDS, "accept": ACCEPT}
