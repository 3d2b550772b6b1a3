"""What each version of Cyrus IMAP calls things. Sources: lib/imapoptions of 2.3.7, 2.3.16, 2.5,
3.6.1 and 3.8; imapd.conf(5)."""

from __future__ import annotations

from typing import Tuple

from ...core.versions import Row, Rows, Version

FIRST: Version = (2, 0)
#: what a Cyrus is that cannot say its version: 2.3 has no cyr_info
SILENT: Version = (2, 3)
#: the settings of certificate and key; those of other versions are read as well, in the order of ``reversed``
CERTIFICATE: "Rows[Tuple[str, str]]" = Rows(
    "certificate and key",
    Row(FIRST, (2, 5), ("tls_cert_file", "tls_key_file")),
    Row((2, 5), None, ("tls_server_cert", "tls_server_key")),
)
#: whether the certificate's file is to be named as that of the authorities too, without which there is no TLS
AUTHORITIES = Rows("tls_ca_file needed", Row(FIRST, (2, 5), True), Row((2, 5), None, False))
#: allowplaintext where it is not set
ALLOWPLAINTEXT = Rows("allowplaintext", Row(FIRST, (2, 3, 16), "yes"), Row((2, 3, 16), None, "no"))
#: whether STARTTLS has to be asked for: off by default in 3.10; releases that do not know the setting ignore it
ALLOWSTARTTLS = Rows("allowstarttls", Row(FIRST, (3, 8), False), Row((3, 8), None, True))
#: unixhierarchysep where it is not set (imapd.conf(5) of 2.5 and 3.0)
UNIXHIERARCHYSEP = Rows("the separator of mailboxes", Row(FIRST, (3, 0), "no"), Row((3, 0), None, "yes"))
