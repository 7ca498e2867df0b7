//! Every text of a TLS handshake.

use super::{Pseudonyms, each, some};
use crate::model::handshake::CertificateRequest;
use crate::model::tls::{ClientHello, ServerHello, Tls};

impl Pseudonyms {
    pub(super) fn tls(&mut self, tls: &mut Tls) {
        let Tls {
            client_hello,
            hello_retry_request,
            second_client_hello,
            server_hello,
            certificates,
            // Names of the registries and numbers.
            server_key_exchange: _,
            certificate_request,
            certificate_status: _,
            server_hello_done: _,
            no_client_certificate: _,
            client_key_exchange: _,
            certificate_verify: _,
            new_session_ticket: _,
            hello_request: _,
            ssl2: _,
            // Names of the registries and numbers.
            alerts: _,
            change_cipher_spec: _,
            encrypted: _,
            established: _,
            renegotiation: _,
            false_start: _,
            early_data: _,
            other_messages: _,
            oversized_messages: _,
            malformed_messages: _,
            not_tls: _,
        } = tls;
        let hellos = client_hello.iter_mut().chain(second_client_hello);
        hellos.for_each(|it| self.client_hello(it));
        let hellos = hello_retry_request.iter_mut().chain(server_hello);
        hellos.for_each(|it| self.server_hello(it));
        self.certificates(certificates);
        certificate_request
            .iter_mut()
            .for_each(|it| self.certificate_request(it));
    }

    fn client_hello(&mut self, hello: &mut ClientHello) {
        let ClientHello {
            frame: _,
            format: _,
            record_version: _,
            random,
            legacy_version: _,
            max_version: _,
            versions: _,
            session_id,
            challenge_length: _,
            cipher_suites: _,
            compression_methods: _,
            extensions: _,
            malformed_extensions: _,
            duplicate_extensions: _,
            sni,
            groups: _,
            key_shares: _,
            signature_algorithms: _,
            signature_algorithms_cert: _,
            alpn,
            point_formats: _,
            psk_modes: _,
            psk: _,
            early_data: _,
            session_ticket: _,
            extended_master_secret: _,
            encrypt_then_mac: _,
            renegotiation_info: _,
            fallback_scsv: _,
            status_request: _,
            status_request_v2: _,
            signed_certificate_timestamp: _,
            ech: _,
            record_size_limit: _,
            max_fragment_length: _,
            compress_certificate: _,
            cookie: _,
            delegated_credential: _,
            size: _,
            partial: _,
            malformed: _,
            ja3: _,
            ja4: _,
        } = hello;
        random.iter_mut().for_each(|it| self.random(it));
        some(session_id, |id| self.digest(id));
        some(sni, |name| self.name(name));
        each(alpn, |name| self.protocol(name));
    }

    fn server_hello(&mut self, hello: &mut ServerHello) {
        let ServerHello {
            frame: _,
            record_version: _,
            legacy_version: _,
            selected_version: _,
            version: _,
            downgrade_sentinel: _,
            session_id,
            session_id_echoed: _,
            cipher_suite: _,
            suite_properties: _,
            compression_method: _,
            extensions: _,
            malformed_extensions: _,
            duplicate_extensions: _,
            group: _,
            key_share: _,
            dh_bits: _,
            alpn,
            sni_acknowledged: _,
            extended_master_secret: _,
            encrypt_then_mac: _,
            renegotiation_info: _,
            session_ticket: _,
            status_request: _,
            record_size_limit: _,
            max_fragment_length: _,
            psk_selected: _,
            cookie: _,
            resumed: _,
            resumption: _,
            sslv2_cipher_suites: _,
            connection_id_length: _,
            partial: _,
            malformed: _,
            ja3s: _,
        } = hello;
        some(session_id, |id| self.digest(id));
        some(alpn, |name| self.protocol(name));
    }

    /// Redacts an ALPN protocol (RFC 7301), unless it is one that mail programs name.
    pub(super) fn protocol(&mut self, name: &str) -> String {
        const USUAL: [&str; 7] = [
            "h2",
            "http/1.1",
            "imap",
            "lmtp",
            "pop3",
            "smtp",
            "submission",
        ];
        match USUAL.contains(&name) {
            true => name.to_owned(),
            false => self.name(name),
        }
    }

    fn certificate_request(&mut self, request: &mut CertificateRequest) {
        let CertificateRequest {
            frame: _,
            certificate_types: _,
            signature_algorithms: _,
            authorities: _,
            authority_bytes: _,
            authority_bytes_seen: _,
            authority_names,
            truncated: _,
        } = request;
        each(authority_names, |name| self.distinguished(name));
    }
}
