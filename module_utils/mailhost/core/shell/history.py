"""The journals of a host, read: what was changed, when, by which run."""

from __future__ import annotations

from . import Program

#: every journal as lines of a letter and a value; "O number kind" begins an operation
SHOW = Program(r"""
cd "$state/journal" 2>/dev/null || exit 0
say() { [ ! -s "$2" ] || sed -e "s/^/$1 /" "$2"; }
for id in *; do
    [ -d "$id/op" ] || continue
    echo "J $PWD/$id"
    say t "$id/state"; say d "$id/when"; say w "$id/who"; say i "$id/run"
    say s "$id/services"; say b "$id/before"; say r "$id/reverts"; say v "$id/served"; say l "$id/accepted"
    for op in "$id"/op/*; do
        [ -e "$op/kind" ] || continue
        echo "O $op"
        say k "$op/kind"; say p "$op/path"; say m "$op/sum"; say a "$op/about"; say T "$op/tree"
        say g "$op/argv"; say u "$op/undo"; say f "$op/after-undo"
        [ ! -e "$op/old" ] || echo "o"
        [ ! -e "$op/begun" ] || echo "b"
    done
done
""")
