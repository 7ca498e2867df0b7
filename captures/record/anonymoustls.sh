#!/bin/bash
# Exchange servers among themselves (port 25): X-ANONYMOUSTLS instead of STARTTLS, and a self-signed
# certificate, which is normal there.
#
#   story4-anonymoustls.pcap  X-ANONYMOUSTLS and X-EXPS offered, X-ANONYMOUSTLS used, TLS 1.2, mail
#
# Needs: what lib.sh and jsse.sh name.
# Usage: record/anonymoustls.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/jsse.sh"
rec_begin "$@"

make_link 192.0.2.10/24 192.0.2.25/24
make_server_cert exchange /CN=EXCH01 self EXCH01 exch01.example.net
make_p12 exchange
extensions="8BITMIME,BINARYMIME,CHUNKING,XEXCH50,XRDST,XSHADOW"
clear="SIZE,PIPELINING,DSN,ENHANCEDSTATUSCODES,STARTTLS,X-ANONYMOUSTLS,AUTH NTLM"
clear+=",X-EXPS GSSAPI NTLM,$extensions"
secured="SIZE,PIPELINING,DSN,ENHANCEDSTATUSCODES,AUTH NTLM,X-EXPS EXCHANGEAUTH GSSAPI NTLM"
secured+=",X-EXCHANGEAUTH SHA256,$extensions"
mail_server "$SERVER" 25 listen=192.0.2.25:25 name=exch01.example.net keys="$WORK/exchange.p12" \
    protocols=TLSv1.2 clear="$clear" secured="$secured"

start_capture "$SERVER" eth0 "$OUT/story4-anonymoustls.pcap" tcp port 25
mail_client "$CLIENT" to=192.0.2.25:25 helo=exch02.example.net protocols=TLSv1.2 \
    steps=ehlo,X-ANONYMOUSTLS,ehlo,mail,quit
stop_capture

assert_whole "$OUT/story4-anonymoustls.pcap"
# Wireshark does not know X-ANONYMOUSTLS, so it is told to expect TLS on this port.
tshark -n -r "$OUT/story4-anonymoustls.pcap" -d tcp.port==25,tls \
    -Y 'tls.handshake.type == 11' 2>/dev/null | grep -q . || rec_die "no certificate"
