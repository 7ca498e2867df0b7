//! Names of groups, signature schemes, extensions and alerts, one a line.
//!
//! Source of the facts: the IANA registries "TLS Supported Groups", "TLS SignatureScheme", "TLS
//! HashAlgorithm", "TLS SignatureAlgorithm", "TLS EC Point Formats", "TLS PskKeyExchangeMode" and
//! "TLS Alerts" (<https://www.iana.org/assignments/tls-parameters>), "TLS ExtensionType Values" and
//! "TLS Certificate Compression Algorithm IDs"
//! (<https://www.iana.org/assignments/tls-extensiontype-values>), "TLS Compression Method
//! Identifiers" (<https://www.iana.org/assignments/comp-meth-ids>), and what was deployed without
//! them.

/// Named groups, ascending by number.
#[rustfmt::skip]
pub(super) static GROUPS: &[(u16, &str)] = &[
    (0x0001, "sect163k1"),
    (0x0002, "sect163r1"),
    (0x0003, "sect163r2"),
    (0x0004, "sect193r1"),
    (0x0005, "sect193r2"),
    (0x0006, "sect233k1"),
    (0x0007, "sect233r1"),
    (0x0008, "sect239k1"),
    (0x0009, "sect283k1"),
    (0x000A, "sect283r1"),
    (0x000B, "sect409k1"),
    (0x000C, "sect409r1"),
    (0x000D, "sect571k1"),
    (0x000E, "sect571r1"),
    (0x000F, "secp160k1"),
    (0x0010, "secp160r1"),
    (0x0011, "secp160r2"),
    (0x0012, "secp192k1"),
    (0x0013, "secp192r1"),
    (0x0014, "secp224k1"),
    (0x0015, "secp224r1"),
    (0x0016, "secp256k1"),
    (0x0017, "secp256r1"),
    (0x0018, "secp384r1"),
    (0x0019, "secp521r1"),
    (0x001A, "brainpoolP256r1"),
    (0x001B, "brainpoolP384r1"),
    (0x001C, "brainpoolP512r1"),
    (0x001D, "x25519"),
    (0x001E, "x448"),
    (0x001F, "brainpoolP256r1tls13"),
    (0x0020, "brainpoolP384r1tls13"),
    (0x0021, "brainpoolP512r1tls13"),
    (0x0022, "GC256A"),
    (0x0023, "GC256B"),
    (0x0024, "GC256C"),
    (0x0025, "GC256D"),
    (0x0026, "GC512A"),
    (0x0027, "GC512B"),
    (0x0028, "GC512C"),
    (0x0029, "curveSM2"),
    (0x0100, "ffdhe2048"),
    (0x0101, "ffdhe3072"),
    (0x0102, "ffdhe4096"),
    (0x0103, "ffdhe6144"),
    (0x0104, "ffdhe8192"),
    (0x0200, "MLKEM512"),
    (0x0201, "MLKEM768"),
    (0x0202, "MLKEM1024"),
    (0x11EB, "SecP256r1MLKEM768"),
    (0x11EC, "X25519MLKEM768"),
    (0x11ED, "SecP384r1MLKEM1024"),
    (0x11EE, "curveSM2MLKEM768"),
    (0x4138, "CECPQ2"),                    // Chrome 2019, never registered
    (0x6399, "X25519Kyber768Draft00"),
    (0x639A, "SecP256r1Kyber768Draft00"),
    (0xFE30, "X25519Kyber512Draft00"),     // private use, before 0x6399
    (0xFE31, "X25519Kyber768Draft00_OLD"), // private use, before 0x6399
    (0xFF01, "arbitrary_explicit_prime_curves"),
    (0xFF02, "arbitrary_explicit_char2_curves"),
];

/// Signature schemes that are no pair of hash and signature algorithm, or have a name of their own,
/// ascending by number.
#[rustfmt::skip]
pub(super) static SIGNATURE_SCHEMES: &[(u16, &str)] = &[
    (0x0401, "rsa_pkcs1_sha256"),
    (0x0403, "ecdsa_secp256r1_sha256"),
    (0x0420, "rsa_pkcs1_sha256_legacy"),
    (0x0501, "rsa_pkcs1_sha384"),
    (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0520, "rsa_pkcs1_sha384_legacy"),
    (0x0601, "rsa_pkcs1_sha512"),
    (0x0603, "ecdsa_secp521r1_sha512"),
    (0x0620, "rsa_pkcs1_sha512_legacy"),
    (0x0704, "eccsi_sha256"),
    (0x0705, "iso_ibs1"),
    (0x0706, "iso_ibs2"),
    (0x0707, "iso_chinese_ibs"),
    (0x0708, "sm2sig_sm3"),
    (0x0709, "gostr34102012_256a"),
    (0x070A, "gostr34102012_256b"),
    (0x070B, "gostr34102012_256c"),
    (0x070C, "gostr34102012_256d"),
    (0x070D, "gostr34102012_512a"),
    (0x070E, "gostr34102012_512b"),
    (0x070F, "gostr34102012_512c"),
    (0x0804, "rsa_pss_rsae_sha256"),
    (0x0805, "rsa_pss_rsae_sha384"),
    (0x0806, "rsa_pss_rsae_sha512"),
    (0x0807, "ed25519"),
    (0x0808, "ed448"),
    (0x0809, "rsa_pss_pss_sha256"),
    (0x080A, "rsa_pss_pss_sha384"),
    (0x080B, "rsa_pss_pss_sha512"),
    (0x081A, "ecdsa_brainpoolP256r1tls13_sha256"),
    (0x081B, "ecdsa_brainpoolP384r1tls13_sha384"),
    (0x081C, "ecdsa_brainpoolP512r1tls13_sha512"),
    (0x0840, "gostr34102012_256_intrinsic"), // OpenSSL
    (0x0841, "gostr34102012_512_intrinsic"), // OpenSSL
    (0x0904, "mldsa44"),
    (0x0905, "mldsa65"),
    (0x0906, "mldsa87"),
    (0xEDED, "gostr34102001_gostr3411"),             // OpenSSL
    (0xEEEE, "gostr34102012_256_gostr34112012_256"), // OpenSSL
    (0xEFEF, "gostr34102012_512_gostr34112012_512"), // OpenSSL
];

/// First byte of a signature algorithm of TLS 1.2 (RFC 5246 section 7.4.1.4.1).
pub(super) const HASHES: &[(u8, &str)] = &[
    (0x01, "md5"),
    (0x02, "sha1"),
    (0x03, "sha224"),
    (0x04, "sha256"),
    (0x05, "sha384"),
    (0x06, "sha512"),
];

/// Second byte of a signature algorithm of TLS 1.2 (RFC 5246 section 7.4.1.4.1), as RFC 8446 writes
/// the pair.
pub(super) const SIGNATURES: &[(u8, &str)] = &[(0x01, "rsa_pkcs1"), (0x02, "dsa"), (0x03, "ecdsa")];

/// Extension types, ascending by number.
#[rustfmt::skip]
pub(super) static EXTENSIONS: &[(u16, &str)] = &[
    (0, "server_name"),
    (1, "max_fragment_length"),
    (2, "client_certificate_url"),
    (3, "trusted_ca_keys"),
    (4, "truncated_hmac"),
    (5, "status_request"),
    (6, "user_mapping"),
    (7, "client_authz"),
    (8, "server_authz"),
    (9, "cert_type"),
    (10, "supported_groups"),
    (11, "ec_point_formats"),
    (12, "srp"),
    (13, "signature_algorithms"),
    (14, "use_srtp"),
    (15, "heartbeat"),
    (16, "application_layer_protocol_negotiation"),
    (17, "status_request_v2"),
    (18, "signed_certificate_timestamp"),
    (19, "client_certificate_type"),
    (20, "server_certificate_type"),
    (21, "padding"),
    (22, "encrypt_then_mac"),
    (23, "extended_master_secret"),
    (24, "token_binding"),
    (25, "cached_info"),
    (26, "tls_lts"),
    (27, "compress_certificate"),
    (28, "record_size_limit"),
    (29, "pwd_protect"),
    (30, "pwd_clear"),
    (31, "password_salt"),
    (32, "ticket_pinning"),
    (33, "tls_cert_with_extern_psk"),
    (34, "delegated_credential"),
    (35, "session_ticket"),
    (36, "TLMSP"),
    (37, "TLMSP_proxying"),
    (38, "TLMSP_delegate"),
    (39, "supported_ekt_ciphers"),
    (40, "key_share_old"),               // key_share up to draft 22 of TLS 1.3
    (41, "pre_shared_key"),
    (42, "early_data"),
    (43, "supported_versions"),
    (44, "cookie"),
    (45, "psk_key_exchange_modes"),
    (46, "ticket_early_data_info"),      // up to draft 19 of TLS 1.3
    (47, "certificate_authorities"),
    (48, "oid_filters"),
    (49, "post_handshake_auth"),
    (50, "signature_algorithms_cert"),
    (51, "key_share"),
    (52, "transparency_info"),
    (53, "connection_id_old"),           // before RFC 9146
    (54, "connection_id"),
    (55, "external_id_hash"),
    (56, "external_session_id"),
    (57, "quic_transport_parameters"),
    (58, "ticket_request"),
    (59, "dnssec_chain"),
    (60, "sequence_number_encryption_algorithms"),
    (61, "rrc"),
    (62, "tls_flags"),
    (0x3374, "next_protocol_negotiation"), // browsers of 2012, never registered
    (0x4469, "application_settings_old"),  // Chrome, never registered
    (0x44CD, "application_settings"),      // Chrome, never registered
    (0x754F, "channel_id_old"),            // Chrome, never registered
    (0x7550, "channel_id"),                // Chrome, never registered
    (0xFD00, "ech_outer_extensions"),
    (0xFE0D, "encrypted_client_hello"),
    (0xFF01, "renegotiation_info"),
    (0xFFA5, "quic_transport_parameters_old"), // before RFC 9001
    (0xFFCE, "encrypted_server_name"),         // draft-ietf-tls-esni up to 06
];

/// Point formats (RFC 8422 section 5.1.2), ascending by number.
pub(super) static POINT_FORMATS: &[(u8, &str)] = &[
    (0, "uncompressed"),
    (1, "ansiX962_compressed_prime"),
    (2, "ansiX962_compressed_char2"),
];

/// Compression methods (RFC 3749 and RFC 3943), ascending by number.
pub(super) static COMPRESSIONS: &[(u8, &str)] = &[(0, "null"), (1, "DEFLATE"), (64, "LZS")];

/// Modes of PSK key exchange (RFC 8446 section 4.2.9), ascending by number.
pub(super) static PSK_MODES: &[(u8, &str)] = &[(0, "psk_ke"), (1, "psk_dhe_ke")];

/// Algorithms that compress certificates (RFC 8879), ascending by number.
pub(super) static CERTIFICATE_COMPRESSIONS: &[(u16, &str)] =
    &[(1, "zlib"), (2, "brotli"), (3, "zstd")];

/// Alert descriptions, ascending by number.
#[rustfmt::skip]
pub(super) static ALERTS: &[(u8, &str)] = &[
    (0, "close_notify"),
    (1, "end_of_early_data"), // TLS 1.3 drafts
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (52, "too_many_cids_requested"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (117, "general_error"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

/// Handshake message types as RFC 5246 and RFC 8446 name them in their figures, ascending.
#[rustfmt::skip]
pub(super) static HANDSHAKES: &[(u8, &str)] = &[
    (0, "HelloRequest"),
    (1, "ClientHello"),
    (2, "ServerHello"),
    (4, "NewSessionTicket"),
    (5, "EndOfEarlyData"),
    (6, "HelloRetryRequest"), // up to draft 21 of TLS 1.3
    (8, "EncryptedExtensions"),
    (11, "Certificate"),
    (12, "ServerKeyExchange"),
    (13, "CertificateRequest"),
    (14, "ServerHelloDone"),
    (15, "CertificateVerify"),
    (16, "ClientKeyExchange"),
    (20, "Finished"),
    (21, "CertificateURL"),
    (22, "CertificateStatus"),
    (23, "SupplementalData"),
    (24, "KeyUpdate"),
    (25, "CompressedCertificate"),
    (67, "NextProtocol"), // never registered; browsers of 2012 sent it
];
