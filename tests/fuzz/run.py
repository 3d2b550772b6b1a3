"""``make fuzz``: atheris over the grammars, SECONDS (60) each; a failing input is kept in tests/fuzz/corpus,
where `make unit` tries it.

``python tests/fuzz/run.py GRAMMAR`` fuzzes one; without a name each gets a process of its own.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "module_utils"), str(ROOT)]


def one(name: str, seconds: str) -> None:
    import atheris

    with atheris.instrument_imports(include=["mailhost"]):
        from tests.fuzz import targets

    corpus = ROOT / "tests" / "fuzz" / "corpus"

    def check(data: bytes) -> None:
        try:
            targets.grammar(name, data)
            targets.texts(data)
            targets.policies(data)
        except Exception:
            (corpus / f"{name}-found-{abs(hash(data)) % 10**8}").write_bytes(data)
            raise

    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={seconds}",
            "-max_len=4096",
            "-timeout=10",
            "-verbosity=0",
            "-print_final_stats=1",
        ],
        check,
    )
    atheris.Fuzz()


def main() -> int:
    seconds = os.environ.get("SECONDS", "60")
    if len(sys.argv) > 1:
        one(sys.argv[1], seconds)
        return 0
    sys.path.insert(0, str(ROOT))
    from tests.fuzz.targets import GRAMMARS

    return max(subprocess.run([sys.executable, __file__, name], check=False).returncode for name in sorted(GRAMMARS))


if __name__ == "__main__":
    sys.exit(main())
