"""The mail ledger: numbered messages, which of them the server acknowledged,
and where each acknowledged one is afterwards."""

from __future__ import annotations

import collections
import re
import smtplib
import threading
import time

FIND = "grep -rhao 'X-Ledger: [0-9]*' /home/alice/Maildir /var/spool/postfix/active /var/spool/postfix/incoming "
FIND += "/var/spool/postfix/deferred /var/spool/postfix/maildrop 2>/dev/null; true"


class Ledger(threading.Thread):
    """Sends to alice twice a second, a connection each;
    a number counts as acknowledged when the 250 after DATA came."""

    def __init__(self, address: str, pause: float = 0.5) -> None:
        super().__init__(daemon=True)
        self.address, self.pause, self.acknowledged, self.number = address, pause, set(), 0
        self.over = threading.Event()

    def send(self) -> None:
        self.number += 1
        text = (
            "From: <ledger@sender.invalid>\r\nTo: <alice@example.test>\r\n"
            f"X-Ledger: {self.number}\r\n\r\nnumber {self.number}\r\n"
        )
        try:
            with smtplib.SMTP(self.address, 25, "ledger.invalid", 5) as smtp:
                smtp.sendmail("ledger@sender.invalid", ["alice@example.test"], text)
                self.acknowledged.add(self.number)
        except smtplib.SMTPServerDisconnected:
            pass  # after the 250 a QUIT may fail; then sendmail() had returned and the number is counted
        except (OSError, smtplib.SMTPException):
            pass

    def run(self) -> None:
        while not self.over.wait(self.pause):
            self.send()

    def stop(self, machine) -> dict:
        self.over.set()
        self.join()
        machine.run("postqueue -f; true", check=False)
        found: "collections.Counter[int]" = collections.Counter()
        for _ in range(30):
            said = machine.run(FIND, check=False).stdout
            found = collections.Counter(int(number) for number in re.findall(r"X-Ledger: (\d+)", said))
            if not self.acknowledged - set(found):
                break
            time.sleep(1)
        lost = sorted(self.acknowledged - set(found))
        twice = sum(count - 1 for number, count in found.items() if count > 1)
        return {
            "acknowledged": len(self.acknowledged),
            "found": len(self.acknowledged & set(found)),
            "lost": lost,
            "duplicated": twice,
        }
