"""The networks that a Postfix trusts, those of files and tables too: where a prober is no stranger.

Source: postconf(5), mynetworks: a path holds more of the list, a table's keys are addresses and networks.
"""

from __future__ import annotations

from typing import List

from ...formats.keyed import Keyed
from .setup import Effective, Setup, is_wide, network_of, path_of, services, words
from .setup import trusted as written_out


def files(setup: Setup) -> "List[str]":
    """The files and tables that mynetworks of any service names."""
    found = []
    for service in services(setup):
        for word in words(Effective(setup, service).get("mynetworks")):
            path = word if word.startswith("/") else path_of(word)
            if path and network_of(word) is None:
                found.append(path)
    return list(dict.fromkeys(found))


def trusted(setup: Setup) -> "List[str]":
    """As ``setup.trusted``, and what the files say; wide ones are left out there too, as they are causes."""
    networks = written_out(setup)
    for path in files(setup):
        for row in Keyed(setup.table(path) or "", path).rows():
            network = network_of(row.key)
            if network and not is_wide(network) and not row.value.upper().startswith(("REJECT", "DUNNO")):
                networks.append(str(network))
    return list(dict.fromkeys(networks))
