"""What each version of stunnel knows. Sources: the option table of 4.15 (src/options.c), its NEWS of 4.16 and 4.19."""

from __future__ import annotations

from ...core.versions import Row, Rows

#: STARTTLS on the server's side, by protocol
PROTOCOLS = {
    "": Rows("no STARTTLS", Row((4, 0), None, True)),
    "imap": Rows("protocol = imap", Row((4, 19), None, True)),
    "pop3": Rows("protocol = pop3", Row((4, 0), None, True)),
    "smtp": Rows("protocol = smtp", Row((4, 0), None, True)),
}
SSL_VERSION = Rows("sslVersion", Row((4, 16), None, True))
#: the setting for the lowest version of TLS, from the oldest release in which it is
#: known to be (it may be in older ones too)
LOWEST = Rows("sslVersionMin", Row((5, 56), None, "TLSv1.2"))
