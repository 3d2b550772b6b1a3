"""What distributions and versions call Sendmail's parts. Sources: cf/README; the packages' own file lists."""

from __future__ import annotations

from typing import Dict

#: features that let strangers relay, and how (cf/README, ANTI-SPAM CONFIGURATION CONTROL)
OPEN_FEATURES: "Dict[str, str]" = {
    "promiscuous_relay": "anybody may send anywhere",
    "relay_local_from": "whoever claims a sender of this host may send anywhere",
    "relay_mail_from": "whoever claims a sender with a From: row may send anywhere",
    "relay_based_on_mx": "whoever points an MX record at this host is relayed for",
    "relay_entire_domain": "any name below this host's domain is relayed for, from anybody",
    "loose_relay_check": "user%elsewhere@here is relayed",
}
#: where the parts of cf/ lie, by family
CF = ("/usr/share/sendmail-cf/m4/cf.m4", "/usr/share/sendmail/cf/m4/cf.m4")
#: the daemon itself, behind whatever alternatives say
PROGRAMS = ("/usr/sbin/sendmail.sendmail", "/usr/libexec/sendmail/sendmail", "/usr/lib/sendmail-bin/sendmail", "/usr/sbin/sendmail")
#: directories of CA certificates, by family
CERTIFICATES = {"redhat": "/etc/pki/tls/certs", "debian": "/etc/ssl/certs", "suse": "/etc/ssl/certs", "unknown": "/etc/ssl/certs"}
