"""What the words ask of a host, whatever daemon it is about: tools, files, processes, its init system."""

from __future__ import annotations

from . import Inline

#: names of programs: where each is that can be run; a loop, since dash looks at the first alone
TOOLS = Inline("""for tool; do command -v "$tool"; done; true""")
#: patterns: the files that match
LISTED = Inline("""for pattern; do ls -d -- $pattern 2>/dev/null; done; true""")
#: patterns: how many files match
COUNTED = Inline("""for pattern; do ls -d -- $pattern 2>/dev/null; done | wc -l""")
#: pattern of a name, folders: how many files of that name lie below those that are there
BELOW = Inline("""name=$1; shift; find "$@" -type f -name "$name" 2>/dev/null | wc -l""")
INIT = Inline("""if [ -d /run/systemd/system ]; then echo systemd; else echo sysv; fi""")
#: patterns of grep, each behind a -e: what of them is in the names and command lines of the processes, each once
RUNNING = Inline("""
for file in /proc/[0-9]*/comm /proc/[0-9]*/cmdline; do tr "\\0" " " <"$file"; echo; done 2>/dev/null |
grep -o "$@" | sort -u; true
""")
#: the names of the processes that run (proc(5), status)
NAMES = Inline("""sed -n "s/^Name:[[:space:]]*//p" /proc/[0-9]*/status 2>/dev/null | sort -u""")
