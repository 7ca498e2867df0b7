# Peers written for one recording with talk.py; source it after lib.sh.
# shellcheck shell=bash

# script NAME: keeps the program on the standard input, with talk.py at hand, as $WORK/NAME.py.
script() {
    { printf '%s\n' "from talk import *" ""; cat; } >"$WORK/$1.py"
}

# play NS NAME [ARGUMENT...]: runs it.
play() {
    local ns=$1 name=$2
    shift 2
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$REC_DIR in_ns "$ns" python3 "$WORK/$name.py" "$@" ||
        rec_die "$name.py failed"
}

# host NS PORT NAME [ARGUMENT...]: the same in the background, for a server; returns once it
# listens. STARTED is its process id.
host() {
    local ns=$1 port=$2 name=$3
    shift 3
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$REC_DIR start_in "$ns" python3 "$WORK/$name.py" "$@"
    wait_for 10 listening "$ns" "$port" "$STARTED"
}
