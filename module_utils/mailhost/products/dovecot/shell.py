"""What only a host with Dovecot is asked to run."""

from __future__ import annotations

from ...core.shell import Inline

#: what Dovecot 1.0 itself says of POP3's identifiers (``key: value``); Red Hat's build has a default of its own
IDENTIFIERS = Inline("""
case $(dovecot --version 2>/dev/null) in 1.0*) dovecot -a 2>/dev/null | grep pop3_uidl_format ;; esac; true
""")
