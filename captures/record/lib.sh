# Shared by the recording scripts of this folder; source it, then call rec_begin.
#
# A script builds its own small network out of namespaces, so nothing it records ever touches the
# machine's network, and leaves nothing behind: namespaces, temporary files and processes go when
# it ends, however it ends.
#
# Needs: iproute2 ethtool tcpdump openssl tshark python3, and root.
# shellcheck shell=bash

set -Eeuo pipefail

REC_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REC_PIDS=()       # background processes of this run; nothing else is ever killed
REC_NAMESPACES=()
REC_NEXT_MAC=1

# rec_begin [OUTDIR]: OUT = where captures go, WORK = scratch folder, both ready to use.
rec_begin() {
    [ "$(id -u)" = 0 ] || rec_die "needs root for network namespaces"
    need ip ethtool tcpdump openssl tshark python3
    OUT=${1:-$REC_DIR/..}
    mkdir -p "$OUT"
    OUT=$(cd "$OUT" && pwd)
    WORK=$(mktemp -d)
    trap rec_end EXIT
    trap 'exit 1' INT TERM
    trap 'echo "$0: failed: $BASH_COMMAND" >&2' ERR
    rec_time_limit "${REC_LIMIT:-110}"
}

rec_die() { echo "$(basename "$0"): $*" >&2; exit 1; }

need() {
    local tool
    for tool; do command -v "$tool" >/dev/null || rec_die "needs $tool"; done
}

# A recording that hangs must not hang its caller: SIGTERM to ourselves runs the EXIT trap.
# The standard streams are closed so that a caller reading our output does not wait for the sleep.
rec_time_limit() {
    local script=$$
    ( trap 'kill $nap 2>/dev/null; exit' TERM
      sleep "$1" & nap=$!
      wait $nap
      kill -TERM "$script" ) </dev/null >/dev/null 2>&1 &
    REC_PIDS+=($!)
}

rec_end() {
    local pid ns ours
    trap - EXIT INT TERM ERR
    # Only those still running: the number of one that ended may belong to a stranger by now.
    ours=$(jobs -pr)
    for pid in "${REC_PIDS[@]}"; do
        grep -qx "$pid" <<<"$ours" || continue
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    for ns in "${REC_NAMESPACES[@]}"; do ip netns del "$ns" 2>/dev/null || true; done
    rm -rf "$WORK"
}

# --- network -----------------------------------------------------------------------------------

# make_ns VAR: a namespace with a name unique to this run, stored in the variable VAR.
make_ns() {
    local name="rec$$-${#REC_NAMESPACES[@]}-$1"
    ip netns add "$name"
    REC_NAMESPACES+=("$name")
    ip -n "$name" link set lo up
    printf -v "$1" %s "$name"
}

# join_ns NS_A IF_A NS_B IF_B: a veth cable between two namespaces. MACs come from the
# documentation range of RFC 9542. Offloads are off, else frames carry unfilled checksums and
# grow beyond the MTU, unlike anything seen on a wire.
join_ns() {
    local ns_a=$1 if_a=$2 ns_b=$3 if_b=$4
    ip link add name "$if_a" netns "$ns_a" address "$(rec_mac)" \
        type veth peer name "$if_b" netns "$ns_b" address "$(rec_mac 1)"
    REC_NEXT_MAC=$((REC_NEXT_MAC + 2))
    wire_like "$ns_a" "$if_a"
    wire_like "$ns_b" "$if_b"
}

rec_mac() { printf '00:00:5e:00:53:%02x' $((REC_NEXT_MAC + ${1:-0})); }

wire_like() {
    ip netns exec "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null 2>&1
    ip -n "$1" link set "$2" up
}

# add_addr NS DEV ADDR/LEN...: addresses are usable at once (no duplicate address detection).
add_addr() {
    local ns=$1 dev=$2 addr
    shift 2
    for addr; do
        case $addr in
            *:*) ip -n "$ns" addr add "$addr" dev "$dev" nodad ;;
            *) ip -n "$ns" addr add "$addr" dev "$dev" ;;
        esac
    done
}

# make_link: the usual stage, two namespaces CLIENT and SERVER joined by eth0 to eth0.
make_link() {
    local client_addr=$1 server_addr=$2
    make_ns CLIENT
    make_ns SERVER
    join_ns "$CLIENT" eth0 "$SERVER" eth0
    add_addr "$CLIENT" eth0 "$client_addr"
    add_addr "$SERVER" eth0 "$server_addr"
}

# make_chain COUNT: as make_link, with COUNT routers in between; HOPS holds them, the client's one
# first, each with an interface `near` the client and one that is `far`. The client's networks are
# 192.0.2.0/24 and 2001:db8:1::/64, the server's 203.0.113.0/24 and 2001:db8:2::/64.
make_chain() {
    local count=$1 i hop
    make_ns CLIENT
    make_ns SERVER
    HOPS=()
    for ((i = 0; i < count; i++)); do
        make_ns HOP$i
        hop=HOP$i
        hop=${!hop}
        HOPS+=("$hop")
        ip netns exec "$hop" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        if [ "$i" = 0 ]; then
            join_ns "$CLIENT" eth0 "$hop" near
            continue
        fi
        join_ns "${HOPS[i - 1]}" far "$hop" near
        add_addr "${HOPS[i - 1]}" far 198.51.100.$((4 * i + 1))/30 2001:db8:f:$i::1/64
        add_addr "$hop" near 198.51.100.$((4 * i + 2))/30 2001:db8:f:$i::2/64
        route "${HOPS[i - 1]}" 203.0.113.0/24 198.51.100.$((4 * i + 2))
        route "${HOPS[i - 1]}" 2001:db8:2::/64 2001:db8:f:$i::2
        route "$hop" 192.0.2.0/24 198.51.100.$((4 * i + 1))
        route "$hop" 2001:db8:1::/64 2001:db8:f:$i::1
    done
    join_ns "${HOPS[-1]}" far "$SERVER" eth0
    add_addr "$CLIENT" eth0 192.0.2.10/24 2001:db8:1::10/64
    add_addr "${HOPS[0]}" near 192.0.2.1/24 2001:db8:1::1/64
    add_addr "${HOPS[-1]}" far 203.0.113.1/24 2001:db8:2::1/64
    add_addr "$SERVER" eth0 203.0.113.25/24 2001:db8:2::25/64
    route "$CLIENT" default 192.0.2.1
    route "$CLIENT" ::/0 2001:db8:1::1
    route "$SERVER" default 203.0.113.1
    route "$SERVER" ::/0 2001:db8:2::1
}

# route NS NETWORK GATEWAY
route() { ip -n "$1" route add "$2" via "$3"; }

# make_cable_link CLIENT_ADDR SERVER_ADDR: as make_link, but both eth0 are TAP devices, which are
# dead until run_cable joins them.
make_cable_link() {
    make_ns CLIENT
    make_ns SERVER
    make_tap "$CLIENT" eth0
    make_tap "$SERVER" eth0
    add_addr "$CLIENT" eth0 "$1"
    add_addr "$SERVER" eth0 "$2"
}

make_tap() {
    ip -n "$1" tuntap add dev "$2" mode tap
    ip -n "$1" link set "$2" address "$(rec_mac)"
    REC_NEXT_MAC=$((REC_NEXT_MAC + 1))
    wire_like "$1" "$2"
}

# run_cable [OPTION...] [--] RULE...: CABLE is its process id. It leads from CLIENT's eth0, or from
# the device NAMESPACE:DEVICE in CABLE_NEAR, to SERVER's eth0. See cable.py.
run_cable() {
    local options=() near=${CABLE_NEAR:-$CLIENT:eth0}
    while [ $# -gt 0 ] && [ "${1#--}" != "$1" ]; do
        options+=("$1" "$2")
        shift 2
    done
    python3 "$REC_DIR/cable.py" "${options[@]}" "$near" "$SERVER:eth0" "$@" </dev/null &
    CABLE=$!
    REC_PIDS+=("$CABLE")
    wait_for 5 plugged_in "${near%:*}" "${near#*:}"
    wait_for 5 plugged_in "$SERVER" eth0
}

plugged_in() { ip -n "$1" link show "$2" | grep -q LOWER_UP; }

# --- processes ---------------------------------------------------------------------------------

# in_ns NS COMMAND...: in the foreground, at most REC_STEP seconds.
in_ns() {
    local ns=$1
    shift
    timeout -k 2 "${REC_STEP:-40}" ip netns exec "$ns" "$@"
}

# start_in NS COMMAND...: in the background; STARTED is its process id. `ip netns exec` replaces
# itself by the command, so the id is the command's own.
start_in() {
    local ns=$1
    shift
    ip netns exec "$ns" "$@" </dev/null &
    STARTED=$!
    REC_PIDS+=("$STARTED")
}

# stop PID [SIGNAL]: ends one process of ours and waits for it.
stop() {
    local pid rest=()
    kill "-${2:-TERM}" "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
    for pid in "${REC_PIDS[@]}"; do [ "$pid" = "$1" ] || rest+=("$pid"); done
    REC_PIDS=("${rest[@]}")
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || rec_die "gave up waiting for: $*"
        sleep 0.05
    done
}

# listening NS PORT [PID]: does somebody (that process) accept connections there? Looks instead of
# connecting, which would leave a stray session in the capture.
listening() { ip netns exec "$1" ss -Hltnp "sport = :$2" | grep -q "${3:+pid=$3,}"; }

# --- capture -----------------------------------------------------------------------------------

# start_capture NS DEV FILE [FILTER...]: CAPTURE is tcpdump's process id. A large ring and no
# immediate mode, else libpcap drops bursts. It returns once tcpdump really listens.
start_capture() {
    local ns=$1 dev=$2 file=$3
    shift 3
    ip netns exec "$ns" tcpdump -Z root -i "$dev" -n -s 65535 -B 16384 -w "$file" "$@" \
        </dev/null 2>"$WORK/tcpdump.$(basename "$file")" &
    CAPTURE=$!
    CAPTURE_LOG="$WORK/tcpdump.$(basename "$file")"
    REC_PIDS+=("$CAPTURE")
    wait_for 5 grep -q "listening on" "$CAPTURE_LOG"
}

# start_dumpcap NS FILE OPTION...: the same with several interfaces in one pcapng file; the options
# are dumpcap's -i, -y and -f, repeated. DUMPCAP is its process id.
start_dumpcap() {
    local ns=$1
    DUMPCAP_FILE=$2
    shift 2
    ip netns exec "$ns" dumpcap -q -B 16 -s 65535 -w "$WORK/$(basename "$DUMPCAP_FILE")" "$@" \
        </dev/null 2>"$WORK/dumpcap.$(basename "$DUMPCAP_FILE")" &
    DUMPCAP=$!
    REC_PIDS+=("$DUMPCAP")
    wait_for 5 grep -q "^File: " "$WORK/dumpcap.$(basename "$DUMPCAP_FILE")"
    sleep 0.5       # the file is open before the last interface is
}

# stop_dumpcap [PID FILE]
stop_dumpcap() {
    local pid=${1:-$DUMPCAP} file=${2:-$DUMPCAP_FILE} name
    name=$(basename "$file")
    sleep 1.3
    stop "$pid" INT
    if grep "dropped on interface" "$WORK/dumpcap.$name" | grep -vq "/0 "; then
        rec_die "capture lost packets: $(cat "$WORK/dumpcap.$name")"
    fi
    python3 "$REC_DIR/unname.py" "$WORK/$name" "$file"
}

# stop_capture [PID LOG]: the ring hands over a block after at most a second, hence the pause;
# a capture that lost packets is thrown away rather than published.
stop_capture() {
    local pid=${1:-$CAPTURE} log=${2:-$CAPTURE_LOG}
    sleep 1.3
    stop "$pid" INT
    grep -q "^0 packets dropped by kernel" "$log" || rec_die "capture lost packets: $(cat "$log")"
}

# assert_whole FILE: every byte that one side acknowledged is in the file.
assert_whole() {
    local holes
    holes=$(tshark -n -r "$1" -Y 'tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment' \
        2>/dev/null | wc -l)
    [ "$holes" = 0 ] || rec_die "$1 has holes"
}

# expect COUNT FILE FILTER: a recording that does not show what it is for is an error.
expect() {
    local found
    found=$(tshark -n -r "$2" -o tcp.reassemble_out_of_order:TRUE -Y "$3" 2>/dev/null | wc -l)
    [ "$found" = "$1" ] || rec_die "$2: $found frames instead of $1 match: $3"
}

# --- certificates ------------------------------------------------------------------------------

# Own extensions only: the distribution's openssl.cnf would make every certificate a CA.
rec_openssl_conf() {
    [ -f "$WORK/req.cnf" ] || printf '[req]\ndistinguished_name=dn\n[dn]\n' >"$WORK/req.cnf"
    echo "$WORK/req.cnf"
}

# make_cert NAME SUBJECT SIGNER [EXTENSION...]: $WORK/NAME.key and .crt, RSA 2048 and SHA-256
# unless CERT_KEY and CERT_DIGEST say otherwise, valid for CERT_DAYS. SIGNER is the NAME of a CA
# made before, or "self". SUBJECT is OpenSSL's /O=…/CN=…; extensions are lines as in openssl.cnf.
make_cert() {
    local name=$1 subject=$2 signer=$3 ext args=()
    shift 3
    for ext; do args+=(-addext "$ext"); done
    [ "$signer" = self ] || args+=(-CA "$WORK/$signer.crt" -CAkey "$WORK/$signer.key")
    # shellcheck disable=SC2086  # CERT_KEY may hold an option and its value
    openssl req -x509 -config "$(rec_openssl_conf)" -newkey ${CERT_KEY:-rsa:2048} -nodes \
        "-${CERT_DIGEST:-sha256}" -days "${CERT_DAYS:-5475}" -subj "$subject" \
        -keyout "$WORK/$name.key" -out "$WORK/$name.crt" "${args[@]}" 2>"$WORK/openssl.log" ||
        rec_die "$(cat "$WORK/openssl.log")"
}

# make_ca NAME SUBJECT [SIGNER]
make_ca() {
    make_cert "$1" "$2" "${3:-self}" "basicConstraints=critical,CA:TRUE" \
        "keyUsage=critical,keyCertSign,cRLSign"
}

# make_server_cert NAME SUBJECT SIGNER DNS_NAME...
make_server_cert() {
    local name=$1 subject=$2 signer=$3 dns names=()
    shift 3
    for dns; do names+=("DNS:$dns"); done
    make_cert "$name" "$subject" "$signer" "basicConstraints=CA:FALSE" \
        "extendedKeyUsage=serverAuth,clientAuth" "subjectAltName=$(IFS=,; echo "${names[*]}")"
}

# make_p12 NAME [CHAIN_CERT...]: $WORK/NAME.p12 for Java, password "changeit".
make_p12() {
    local name=$1 cert
    for cert; do cat "$WORK/$cert.crt"; done >"$WORK/$name.chain"
    openssl pkcs12 -export -name "$name" -inkey "$WORK/$name.key" -in "$WORK/$name.chain" \
        -passout pass:changeit -out "$WORK/$name.p12" 2>/dev/null
}
