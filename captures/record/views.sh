#!/bin/bash
# One conversation, TLS 1.2 on port 25, recorded in ways that each miss something.
#
#   views-whole.pcap          everything, to compare with
#   midstream.pcap            started late: from STARTTLS on
#   midstream-encrypted.pcap  started later still: application data only
#   client-half.pcap          only what the client sends
#   server-half.pcap          only what the server sends
#   snaplen96.pcap            the first 96 bytes of each frame
#
# Needs: what lib.sh and mta.sh name.
# Usage: record/views.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"

RUNNING=()
# also FILE [OPTION-OR-FILTER...]: one more recorder, to be stopped with the others.
also() {
    local file=$1
    shift
    start_capture "$CLIENT" eth0 "$OUT/$file" "$@"
    RUNNING+=("$CAPTURE:$CAPTURE_LOG")
}

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_postfix server mail.example.com
start_postfix server "$SERVER"

also views-whole.pcap tcp
also client-half.pcap tcp and src host 192.0.2.10
also server-half.pcap tcp and src host 192.0.2.25
also snaplen96.pcap -s 96 tcp

# The client halts before STARTTLS and after the handshake until a file appears, so that a
# recorder can be started there.
cat >"$WORK/client.py" <<'PYTHON'
import pathlib
import smtplib
import ssl
import sys
import time

work, message = pathlib.Path(sys.argv[1]), sys.stdin.buffer.read()


def halt(name):
    (work / f"{name}.reached").touch()
    while not (work / f"{name}.go").exists():
        time.sleep(0.05)


context = ssl.create_default_context(cafile=work / "root.crt")
context.check_hostname = False
context.maximum_version = ssl.TLSVersion.TLSv1_2
smtp = smtplib.SMTP("192.0.2.25", local_hostname="hub.example.net")
smtp.ehlo()
halt("starttls")
smtp.starttls(context=context)
smtp.ehlo()
halt("encrypted")
smtp.sendmail("alice@example.net", "bob@example.com", message)
smtp.quit()
PYTHON
message | in_ns "$CLIENT" python3 "$WORK/client.py" "$WORK" &
client=$!
REC_PIDS+=("$client")

wait_for 10 test -e "$WORK/starttls.reached"
also midstream.pcap tcp
touch "$WORK/starttls.go"
wait_for 10 test -e "$WORK/encrypted.reached"
also midstream-encrypted.pcap tcp
touch "$WORK/encrypted.go"
wait "$client"

for recorder in "${RUNNING[@]}"; do stop_capture "${recorder%%:*}" "${recorder#*:}"; done
