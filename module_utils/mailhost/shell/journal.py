"""Undoing what a journal holds: shared by the transaction that fails and the commit that finds no greeting.

A journal is ``/var/lib/mailhost/journal/ID/``: ``state`` (staged, swapping, applied, committed, undone), ``who``, ``when``, and for
each operation a folder ``op/NNNN`` with ``kind``, ``path``, ``old`` (a copy with all metadata) or ``absent``, or for a
command ``undo`` (its words, one a line) and ``stdin``. ``begun`` marks an operation that may have had an effect.
"""

from __future__ import annotations

PROGRAM = r"""
words_of() { # file: its lines, run as a command with $input as stdin
    set --
    while IFS= read -r word; do set -- ${1+"$@"} "$word"; done <"$words"
    "$@" <"$input"
}
restore() { # target, operation: the old content beside the target, then renamed over it
    if [ -e "$2/old" ]; then
        cp -a "$2/old" "$1.mailhost-undo" && mv -f "$1.mailhost-undo" "$1"
    else
        rm -f "$1"
    fi
}
undo() { # journal: undo its operations, last first; 0 if all could be undone
    bad=0
    sweep "$1"
    for op in $(ls -r "$1/op" 2>/dev/null); do
        op="$1/op/$op"
        [ -e "$op/begun" ] || continue
        case $(cat "$op/kind") in
            W | D) restore "$(cat "$op/target")" "$op" 2>>"$1/undo.log" || bad=1 ;;
            R)
                if [ -s "$op/undo" ]; then
                    words="$op/undo" input="$op/stdin"
                    words_of >>"$1/undo.log" 2>&1 || bad=1
                fi ;;
        esac
    done
    for op in $(ls -r "$1/op" 2>/dev/null); do # maps and the like follow their restored sources
        op="$1/op/$op"
        if [ -e "$op/begun" ] && [ -s "$op/after-undo" ]; then
            words="$op/after-undo" input=/dev/null
            words_of >>"$1/undo.log" 2>&1
        fi
    done
    while IFS= read -r made; do rmdir "$made" 2>/dev/null; done <"$1/made"
    [ "$bad" = 0 ] && echo undone >"$1/state"
    return "$bad"
}
sweep() { # journal: remove what was staged for it and is not needed any more
    for op in $(ls "$1/op" 2>/dev/null); do
        [ ! -s "$1/op/$op/new" ] || rm -f "$(cat "$1/op/$op/new")"
    done
    rm -rf "$1/stdin" "$1/tree"
}
forget() { # id: no service waits for it any more
    [ -s "$state/pending" ] || return 0
    grep -v " $1\$" "$state/pending" >"$state/pending.new"
    if [ -s "$state/pending.new" ]; then mv -f "$state/pending.new" "$state/pending"; else
        rm -f "$state/pending.new" "$state/pending"; fi
}
recover() { # finish what a killed run left: undo a half-done change, remove what was only staged
    for id_left in $(ls -r "$state/journal" 2>/dev/null); do
        left="$state/journal/$id_left"
        case $(cat "$left/state" 2>/dev/null) in
            applied | committed | undone) ;;
            swapping) undo "$left"; forget "$id_left" ;;
            *) sweep "$left"; rm -rf "$left" ;;
        esac
    done
}
"""
