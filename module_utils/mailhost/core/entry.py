"""What every file in library/ does: an AnsibleModule (handed in: nothing here imports ansible) around ``converge``."""

from __future__ import annotations

import os
from typing import Any, Callable

from .converge import converge
from .errors import MailhostError
from .host import Host, child
from .word import Word


def run_module(word: Word, module_class: Callable[..., Any]) -> None:
    """Run a word on the host that this Python runs on."""
    module = module_class(argument_spec=word.spec, supports_check_mode=True)
    run_id, _, who = os.environ.get("MAILHOST_RUN", f" module {module._name} pid {os.getpid()}").partition(" ")
    host = Host(child(module.run_command), who, run_id)
    try:
        result = converge(word, module.params, host, module.check_mode)
    except MailhostError as error:
        module.fail_json(msg=str(error), round_trips=host.round_trips, **error.codes)
        return
    for warning in result.pop("warnings", []):
        module.warn(warning)
    module.exit_json(**result)
