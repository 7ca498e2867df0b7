# The Java mail server and client for the recording scripts; source it after lib.sh.
#
# Needs: openjdk-17-jdk-headless.
# shellcheck shell=bash

# JAVA_OPTS: system properties, which JSSE reads once per process.
# The processes are short-lived, so they skip the optimising compiler. Stateless session tickets
# carry the whole session, certificates included: bulk that the servers of the stories do not send.
jsse_command=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
    -Djdk.tls.server.enableSessionTicketExtension=false)

compile_mail() {
    [ ! -d "$WORK/classes" ] || return 0
    need javac java
    javac -d "$WORK/classes" "$REC_DIR"/{TlsPipe,MailLink,MailServer,MailClient}.java
}

# mail_server NS PORT OPTION=VALUE...: returns once it listens; STARTED is its process id.
mail_server() {
    local ns=$1 port=$2
    shift 2
    compile_mail
    # shellcheck disable=SC2086
    start_in "$ns" "${jsse_command[@]}" ${JAVA_OPTS:-} -cp "$WORK/classes" MailServer "$@"
    wait_for 15 listening "$ns" "$port" "$STARTED"
}

# mail_client NS OPTION=VALUE...
mail_client() {
    local ns=$1
    shift
    compile_mail
    # shellcheck disable=SC2086
    in_ns "$ns" "${jsse_command[@]}" ${JAVA_OPTS:-} -cp "$WORK/classes" MailClient "$@"
}
