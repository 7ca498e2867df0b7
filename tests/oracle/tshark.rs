//! Asks tshark itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::facts::Streams;
use super::rows;

/// Where tshark takes TLS for mail and shows nothing of it unless told to.
const DECODE_AS: &[(&str, &str)] = &[
    // The server's `220` is not in the capture, nor is the client's STARTTLS in the other half.
    ("client-half.pcap", "tcp.port==25,tls"),
    ("server-half.pcap", "tcp.port==25,tls"),
    // X-ANONYMOUSTLS is no STARTTLS to it.
    ("story4-anonymoustls.pcap", "tcp.port==25,tls"),
];

/// Nothing but the fields that are compared.
const FIELDS: &[&str] = &[
    "frame.number",
    "tcp.stream",
    "tcp.srcport",
    "tls.record.content_type",
    "tls.record.version",
    "tls.handshake.type",
    "tls.handshake.version",
    "tls.handshake.extensions.supported_version",
    "tls.handshake.ciphersuite",
    "tls.handshake.cipherspec",
    "tls.handshake.session_id",
    "tls.handshake.comp_method",
    "tls.handshake.extension.type",
    "tls.handshake.extensions_server_name",
    "tls.handshake.extensions_supported_group",
    "tls.handshake.extensions_ec_point_format",
    "tls.handshake.extensions_key_share_group",
    "tls.handshake.extensions_key_share_selected_group",
    "tls.handshake.extensions_key_share_key_exchange_length",
    "tls.handshake.sig_hash_alg",
    "tls.handshake.extensions_alpn_str",
    "tls.handshake.extensions.psk.identity.identity_length",
    "tls.handshake.extensions.psk.identity.selected",
    "tls.handshake.max_fragment_length",
    "tls.handshake.ja3",
    "tls.handshake.ja3s",
    "tls.handshake.certificate",
    "tls.alert_message.level",
    "tls.alert_message.desc",
];

/// Preferences that bear on what is shown; segments are put in order.
const PREFERENCES: &[&str] = &[
    "tcp.desegment_tcp_streams:TRUE",
    "tcp.reassemble_out_of_order:TRUE",
    "tcp.check_checksum:FALSE",
    "ip.defragment:TRUE",
    "ipv6.defragment:TRUE",
    "tls.desegment_ssl_records:TRUE",
    "tls.desegment_ssl_application_data:TRUE",
    "tls.keylog_file:",
];

/// What tshark says about every stream of a file.
pub fn facts(name: &str, file: &Path) -> Streams {
    // An empty profile: nobody's preferences.
    let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oracle");
    std::fs::create_dir_all(&profile).expect("a place for an empty profile");
    let mut command = Command::new("tshark");
    command
        .env("WIRESHARK_CONFIG_DIR", &profile)
        .env("XDG_CONFIG_HOME", &profile)
        .args(["-n", "-Y", "tcp", "-T", "fields", "-E", "header=y"])
        .args([
            "-E",
            "separator=/t",
            "-E",
            "occurrence=a",
            "-E",
            "aggregator=,",
        ])
        .arg("-r")
        .arg(file);
    for preference in PREFERENCES {
        command.args(["-o", preference]);
    }
    for (_, rule) in DECODE_AS.iter().filter(|(it, _)| *it == name) {
        command.args(["-d", rule]);
    }
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut streams = Streams::new();
    for row in rows::read(&text) {
        row.add_to(&mut streams);
    }
    streams
}
