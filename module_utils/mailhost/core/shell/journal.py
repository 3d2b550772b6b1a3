"""Undoing what a journal holds: shared by the transaction that fails, the commit that finds no greeting, and the timer.

A journal is ``/var/lib/mailhost/journal/ID/``: ``state`` (staged, swapping, applied, committed, undone;
partial: not all of it could be undone; superseded: what came later holds, the host never undoes it), ``who``,
``run`` (the run's id, the same in all its journals; may be empty), ``when``, ``services``, ``before``
(``SERVICE active|stopped enabled|disabled``: what each was before the change), ``accepted`` (the losses that
somebody accepted, each with the reason), and for each operation a folder
``op/NNNN`` with ``kind``, ``path``, ``target``, ``old`` (a copy with all metadata; none if there was no file), ``sum``
(what was written), or for a command ``undo`` (its words, one a line) and its ``stdin`` or ``undo-stdin``. ``begun``
marks an operation that may have had an effect, ``back`` one that was taken back.
"""

from __future__ import annotations

PROGRAM = r"""
words_of() { # file: its lines, run as a command with $input as stdin
    set --
    while IFS= read -r word; do set -- ${1+"$@"} "$word"; done <"$words"
    "$@" <"$input"
}
line() { # variable, file: its first line, without a process that could fail for want of anything
    eval "$1="
    [ -r "$2" ] && IFS= read -r "$1" <"$2"
}
digest() {
    set -- $(sha1sum <"$1")
    [ -n "${1-}" ] && printf "%s\n" "$1"
}
folders() { # folder: what is in it, into $ops, and last first into $spo.
    # By globbing: an ls that fails would say nothing
    ops=
    spo=
    set +f
    for one in "$1"/*; do
        [ ! -e "$one" ] || { ops="$ops $one"; spo="$one $spo"; }
    done
    set -f
}
links() { stat -c %h -- "$1" 2>/dev/null || echo 1; }
durable() { # files or directories: reach the disk; coreutils before 8.24 syncs all or nothing
    sync -- "$@" 2>/dev/null || sync
}
mark() { # journal, state: never half written, whatever happens
    echo "$2" >"$1/state.new" && mv -f "$1/state.new" "$1/state"
}
put() { # new file, target: rename it over the target; a file with several names keeps its inode and gets all but that
    if [ -e "$2" ] && [ "$(links "$2")" -gt 1 ]; then
        cat "$1" >"$2" && touch -r "$1" "$2" && chmod "$(stat -c %a "$1")" "$2" && chown "$(stat -c %u:%g "$1")" "$2" &&
            rm -f "$1" && durable "$2"
    else
        mv -f "$1" "$2" && durable "$(dirname -- "$2")"
    fi
}
restore() { # target, operation: the old file again; what somebody wrote there since our change is kept in the journal
    if [ -f "$1" ]; then
        now=$(digest "$1")
        line sum "$2/sum"
        if [ "$now" != "$sum" ]; then
            [ ! -e "$2/old" ] || [ "$now" != "$(digest "$2/old")" ] || return 0
            cp -a "$1" "$2/theirs" || return 1
        fi
    fi
    if [ ! -e "$2/old" ]; then
        rm -f "$1"
    elif cp -a "$2/old" "$1.mailhost-undo"; then
        put "$1.mailhost-undo" "$1"
    else # no room for a second copy
        rm -f "$1.mailhost-undo"
        cat "$2/old" >"$1"
    fi
}
undo() { # journal: undo its operations, last first; 0 if all could be undone
    bad=0
    sweep "$1"
    folders "$1/op"
    for op in $spo; do
        [ -e "$op/begun" ] && [ ! -e "$op/back" ] || continue
        line kind "$op/kind"
        case $kind in
            W | D) line target "$op/target" && restore "$target" "$op" 2>>"$1/undo.log" && true >"$op/back" || bad=1 ;;
            R)
                if [ -s "$op/undo" ]; then
                    words="$op/undo" input="$op/stdin"
                    [ ! -e "$op/undo-stdin" ] || input="$op/undo-stdin"
                    [ -e "$input" ] || input=/dev/null
                    words_of >>"$1/undo.log" 2>&1 && true >"$op/back" || bad=1
                fi ;;
        esac
    done
    for op in $spo; do # maps and the like follow their restored sources
        if [ -e "$op/begun" ] && [ -s "$op/after-undo" ]; then
            words="$op/after-undo" input=/dev/null
            words_of >>"$1/undo.log" 2>&1
        fi
    done
    while IFS= read -r made; do rmdir "$made" 2>/dev/null; done <"$1/made"
    if [ "$bad" = 0 ]; then mark "$1" undone; else mark "$1" partial; fi
    return "$bad"
}
sweep() { # journal: remove what was staged for it and is not needed any more
    folders "$1/op"
    for op in $ops; do
        ! line new "$op/new" || rm -f "$new"
        ! line target "$op/target" || rm -f "$target.mailhost-undo"
    done
    rm -rf "$1/stdin" "$1/tree"
}
forget() { # id: no service waits for it any more
    [ -s "$state/pending" ] || return 0
    grep -v " $1\$" "$state/pending" >"$state/pending.new"
    if [ -s "$state/pending.new" ]; then mv -f "$state/pending.new" "$state/pending"; else
        rm -f "$state/pending.new" "$state/pending"; fi
}
taken_back() { # what the host took back by itself: N what and why, B by whom it had been made
    [ ! -s "$state/undone" ] || sed -e "1s/^/N /" -e "2,\$s/^/B /" "$state/undone"
}
prune() { # how many: the newest journals stay, all of a run that they begin in,
    # and those that wait for their confirmation
    folders "$state/journal"
    kept=0
    last=
    for old in $spo; do
        kept=$((kept + 1))
        line word "$old/state"
        line run "$old/run"
        [ "$kept" -gt "$1" ] || last=$run
        [ -z "$run" ] || [ "$run" != "$last" ] || continue
        case "$((kept > $1)),$word" in "1,committed" | "1,undone" | "1,superseded") rm -rf "$old" ;; esac
    done
}
recover() { # finish what a killed run or a reboot left:
    # undo what is half done or was never confirmed, sweep what is staged
    folders "$state/journal"
    journals_left=$spo # undo looks at folders of its own
    later=
    for left in $journals_left; do
        line word "$left/state"
        case $word in
            undone | superseded) ;;
            applied | committed) later=1 ;;
            swapping | partial)
                if [ -n "$later" ]; then mark "$left" superseded; else undo "$left"; fi
                forget "${left##*/}" ;;
            *) undo "$left"; forget "${left##*/}"; rm -rf "$left" ;;
        esac
    done
    # what a kill between writing and renaming left
    rm -f "$state/confirm.new" "$state/pending.new" "$state/guard.new" "$state/said" \
        "$state/session" "$state/handed" "$state/came" "$state/left"
    [ ! -s "$state/confirm" ] || ! unconfirmed || ticking ||
        take_back "the host started anew before anybody confirmed it"
}
earlier() { # run, journal but that: what this run changed and is kept, into $stays
    stays=
    [ -n "$1" ] || return 0
    folders "$state/journal"
    for one in $ops; do
        [ "$one" != "$2" ] && line other "$one/run" && [ "$other" = "$1" ] || continue
        line word "$one/state"
        [ "$word" != committed ] || stays="$stays ${one##*/}"
    done
}
supersede() { # ids: what was applied and is none of them is closed: what has just been confirmed holds
    folders "$state/journal"
    for left in $ops; do
        line word "$left/state"
        case " $* " in *" ${left##*/} "*) continue ;; esac
        case $word in applied | partial) mark "$left" superseded ;; esac
    done
}
"""
