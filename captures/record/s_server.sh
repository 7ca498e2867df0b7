# openssl s_client and s_server for the recording scripts, the latter behind front.py; source it
# after lib.sh and mta.sh.
# shellcheck shell=bash

# lines TEXT...: what somebody types, with pauses, for s_client takes what it gets as one record
# and does not wait for answers.
lines() {
    local line
    for line; do sleep 0.3; echo "$line"; done
    sleep 0.3
}

# handshake [OPTION...]: s_client through STARTTLS on port 25, whatever becomes of it. LINES_INSIDE holds
# what is said inside TLS.
handshake() {
    lines "${LINES_INSIDE[@]}" |
        in_ns "$CLIENT" openssl s_client -connect "192.0.2.25:${TO_PORT:-25}" -starttls smtp -crlf \
            -quiet -name hub.example.net "$@" >"$WORK/s_client.log" 2>&1 || true
}
LINES_INSIDE=("EHLO hub.example.net" "QUIT")

# tls_program OPTION...: s_server on the server's loopback and front.py on port 25 before it. What
# it says inside TLS comes from a FIFO, file descriptor 8: see say.
tls_program() {
    rm -f "$WORK/says"
    mkfifo "$WORK/says"
    exec 8<>"$WORK/says"
    # shellcheck disable=SC2016
    start_in "$SERVER" bash -c 'exec openssl s_server -accept 127.0.0.1:4433 -quiet "$@" <"$0"' \
        "$WORK/says" "$@" >"$WORK/s_server.log" 2>&1
    TLS_PROGRAM=$STARTED
    wait_for 5 listening "$SERVER" 4433
    start_in "$SERVER" python3 "$REC_DIR/front.py" 192.0.2.25:25 4433 mail.example.com
    FRONT=$STARTED
    wait_for 5 listening "$SERVER" 25
}

stop_tls_program() {
    stop "$FRONT"
    stop "$TLS_PROGRAM"
    exec 8>&-
}

# say LINE: the server's next line inside TLS.
say() { printf '%s\r\n' "$1" >&8; }

# record FILE COMMAND...: seen by the client.
record() {
    start_capture "$CLIENT" eth0 "$OUT/$1" tcp
    shift
    "$@"
    stop_capture
}
